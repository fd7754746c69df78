#include "experiments/baselines/network.h"

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/linear.h>

#include <cmath>

namespace advae {
namespace {

constexpr double kSlope = 0.2;

}  // namespace

torch::nn::Sequential MakeNetwork(const std::vector<int64_t>& widths, at::Generator& random) {
  torch::nn::Sequential network;
  for (size_t i = 0; i + 1 < widths.size(); ++i) {
    if (i > 0) {
      network->push_back(
          torch::nn::LeakyReLU(torch::nn::LeakyReLUOptions().negative_slope(kSlope)));
    }
    const torch::nn::Linear layer(widths[i], widths[i + 1]);
    const double bound = 1 / std::sqrt(static_cast<double>(widths[i]));
    const at::NoGradGuard no_gradients;
    for (at::Tensor& parameter : layer->parameters()) parameter.uniform_(-bound, bound, random);
    network->push_back(layer);
  }
  return network;
}

at::Tensor LogisticLoss(const at::Tensor& logits) { return at::softplus(-logits).mean(); }

absl::Status Descend(const at::Tensor& loss, torch::optim::Optimizer& optimizer) {
  if (!std::isfinite(loss.item<double>())) {
    return absl::InvalidArgumentError("training diverged: a loss is no longer finite");
  }
  optimizer.zero_grad();
  loss.backward();
  optimizer.step();
  return absl::OkStatus();
}

}  // namespace advae
