#ifndef ADVAE_MODEL_TRAINING_OBJECTIVE_H_
#define ADVAE_MODEL_TRAINING_OBJECTIVE_H_

// Private to advae::training and its tests: needs LibTorch.

#include "advae/v1/types.pb.h"
#include "model/networks/torch_headers.h"
#include "model/scoring/network_weights.h"

namespace advae {

// The networks in training and what a mini-batch does to them: one implementation for each way of
// training. Not thread-safe. Throws what LibTorch throws.
class TrainingObjective {
 public:
  virtual ~TrainingObjective() = default;

  // Trains on the scaled rows `batch` [n, d] with the given step size. The losses are those before
  // the update, averaged over the n rows.
  virtual v1::LossTerms Step(const at::Tensor& batch, double learning_rate) = 0;

  // What scoring needs of the networks as they are now.
  virtual NetworkWeights Weights() const = 0;
};

}  // namespace advae

#endif  // ADVAE_MODEL_TRAINING_OBJECTIVE_H_
