#ifndef ADVAE_MODEL_TRAINING_TRAINER_H_
#define ADVAE_MODEL_TRAINING_TRAINER_H_

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "advae/v1/detector.pb.h"
#include "advae/v1/types.pb.h"
#include "model/data/matrix.h"
#include "model/scoring/network_weights.h"

namespace advae {

struct TrainedModel {
  NetworkWeights weights;
  v1::LossTerms final_losses;  // averages over the last epoch
  absl::Duration duration;
};

// Trains the networks on rows that are already min-max scaled: shuffled mini-batches, Adam, and a
// step size that decays to zero along a half cosine,
// learning_rate / 2 * (1 + cos(pi * step / steps)).
//
// `parameters` come from ResolveHyperparameters: all fields are set. `on_progress` is called from
// this thread about once a second, and at the end with the last epoch.
//
// The same rows, parameters and seed give the same weights, bit for bit, on one machine: all random
// numbers come from `seed`, and LibTorch computes on one thread of this process from now on, which
// mini-batches of small networks keep busy anyway.
//
// Blocks until the training is done. kInvalidArgument when there are no rows, and when the training
// diverges, that is when a loss or a weight is no longer finite (the message has the epoch);
// kResourceExhausted when memory runs out; kInternal when LibTorch fails otherwise.
absl::StatusOr<TrainedModel> Train(
    MatrixView scaled_rows, const v1::Hyperparameters& parameters, uint64_t seed,
    const std::function<void(const v1::TrainProgress&)>& on_progress);

}  // namespace advae

#endif  // ADVAE_MODEL_TRAINING_TRAINER_H_
