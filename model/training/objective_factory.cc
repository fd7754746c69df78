#include "model/training/objective_factory.h"

#include <utility>

#include "model/training/adversarial_objective.h"
#include "model/training/autoencoder_objective.h"

namespace advae {

std::unique_ptr<TrainingObjective> CreateObjective(const v1::Hyperparameters& parameters,
                                                   int64_t features, at::Generator generator) {
  if (parameters.objective() == v1::OBJECTIVE_VAE || parameters.objective() == v1::OBJECTIVE_AE) {
    return std::make_unique<AutoencoderObjective>(parameters, features, std::move(generator));
  }
  return std::make_unique<AdversarialObjective>(parameters, features, std::move(generator));
}

}  // namespace advae
