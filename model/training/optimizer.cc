#include "model/training/optimizer.h"

#include <cmath>
#include <utility>

namespace advae {
namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;
constexpr float kEpsilon = 1e-8f;

}  // namespace

Optimizer::Optimizer(std::vector<at::Tensor> parameters) : parameters_(std::move(parameters)) {
  for (const at::Tensor& parameter : parameters_) {
    const auto size = static_cast<size_t>(parameter.numel());
    moments_.push_back({.first = std::vector<float>(size), .second = std::vector<float>(size)});
  }
}

void Optimizer::Minimize(const at::Tensor& loss, double learning_rate) {
  const std::vector<at::Tensor> gradients = torch::autograd::grad({loss}, parameters_);
  ++steps_;
  const auto t = static_cast<double>(steps_);
  const auto step_size = static_cast<float>(learning_rate / (1 - std::pow(kBeta1, t)));
  const auto scale = static_cast<float>(1 / std::sqrt(1 - std::pow(kBeta2, t)));
  constexpr auto kBeta1Float = static_cast<float>(kBeta1);
  constexpr auto kBeta2Float = static_cast<float>(kBeta2);
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const at::Tensor gradient = gradients[i].contiguous();
    const float* const g = gradient.data_ptr<float>();
    float* const theta = parameters_[i].data_ptr<float>();
    float* const m = moments_[i].first.data();
    float* const v = moments_[i].second.data();
    for (int64_t j = 0, size = gradient.numel(); j < size; ++j) {
      m[j] = kBeta1Float * m[j] + (1 - kBeta1Float) * g[j];
      v[j] = kBeta2Float * v[j] + (1 - kBeta2Float) * g[j] * g[j];
      theta[j] -= step_size * m[j] / (std::sqrt(v[j]) * scale + kEpsilon);
    }
  }
}

}  // namespace advae
