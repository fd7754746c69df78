#include "model/networks/optimizer.h"

#include <cmath>
#include <cstddef>
#include <utility>

#include "model/simd/vector_loops.h"

namespace advae {
namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;
constexpr float kEpsilon = 1e-8f;

}  // namespace

Optimizer::Optimizer(std::vector<Buffers> buffers) : buffers_(std::move(buffers)) {
  for (const Buffers& buffer : buffers_) {
    const size_t size = buffer.parameters.size();
    moments_.push_back({.first = std::vector<float>(size), .second = std::vector<float>(size)});
  }
}

void Optimizer::Step(double learning_rate) {
  ++steps_;
  const auto t = static_cast<double>(steps_);
  const AdamCoefficients coefficients{
      .beta1 = static_cast<float>(kBeta1),
      .beta2 = static_cast<float>(kBeta2),
      .step_size = static_cast<float>(learning_rate / (1 - std::pow(kBeta1, t))),
      .scale = static_cast<float>(1 / std::sqrt(1 - std::pow(kBeta2, t))),
      .epsilon = kEpsilon};
  for (size_t i = 0; i < buffers_.size(); ++i) {
    StepAdam(coefficients, buffers_[i].gradients.data(), moments_[i].first.data(),
             moments_[i].second.data(), buffers_[i].parameters.data(),
             buffers_[i].gradients.size());
  }
}

}  // namespace advae
