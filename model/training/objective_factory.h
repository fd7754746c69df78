#ifndef ADVAE_MODEL_TRAINING_OBJECTIVE_FACTORY_H_
#define ADVAE_MODEL_TRAINING_OBJECTIVE_FACTORY_H_

// Private to advae::training and its tests: needs LibTorch.

#include <cstdint>
#include <memory>

#include "advae/v1/types.pb.h"
#include "model/networks/torch_headers.h"
#include "model/training/objective.h"

namespace advae {

// New networks for rows of `features` values, initialised with `generator`, which is kept for the
// draws of the training. All of `parameters` are set and valid.
std::unique_ptr<TrainingObjective> CreateObjective(const v1::Hyperparameters& parameters,
                                                   int64_t features, at::Generator generator);

}  // namespace advae

#endif  // ADVAE_MODEL_TRAINING_OBJECTIVE_FACTORY_H_
