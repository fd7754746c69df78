#ifndef ADVAE_EXPERIMENTS_BASELINES_NETWORK_H_
#define ADVAE_EXPERIMENTS_BASELINES_NETWORK_H_

// Private to the baselines: needs LibTorch.

#include <ATen/ATen.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/optim/optimizer.h>

#include <cstdint>
#include <vector>

#include "absl/status/status.h"

namespace advae {

// What all baselines have in common unless they say otherwise.
inline constexpr int64_t kBaselineHiddenSize = 128;
inline constexpr int64_t kBaselineMiniBatches = 3000;  // as a member of the product's ensemble

// A fully connected network with layers of these widths, inputs first, leaky ReLUs (slope 0.2)
// between them and nothing after the last. Weights and biases are drawn from `random` alone,
// uniformly from +-1 / sqrt(inputs of the layer). Copies share them.
torch::nn::Sequential MakeNetwork(const std::vector<int64_t>& widths, at::Generator& random);

// -mean(log sigmoid(logits)): how far `logits` are from saying "a real row". Of -logits: from
// saying "a generated one".
at::Tensor LogisticLoss(const at::Tensor& logits);

// One step of `optimizer` down the gradient of `loss`, a scalar. kInvalidArgument when the loss is
// not finite.
absl::Status Descend(const at::Tensor& loss, torch::optim::Optimizer& optimizer);

}  // namespace advae

#endif  // ADVAE_EXPERIMENTS_BASELINES_NETWORK_H_
