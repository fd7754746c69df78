#include "tests/model/networks/reference_networks.h"

#include <vector>

namespace advae {
namespace {

at::Tensor ToTensor(const std::vector<float>& values, at::IntArrayRef shape) {
  return at::tensor(values, at::kFloat).reshape(shape).to(at::kDouble);
}

}  // namespace

Dense Dense::FromWeights(const DenseLayer& layer) {
  const auto inputs = static_cast<int64_t>(layer.inputs);
  const auto outputs = static_cast<int64_t>(layer.outputs);
  return {.weight = ToTensor(layer.weight, {outputs, inputs}),
          .bias = ToTensor(layer.bias, {outputs})};
}

at::Tensor Dense::operator()(const at::Tensor& x) const { return at::addmm(bias, x, weight.t()); }

Encoder Encoder::FromWeights(const EncoderWeights& weights) {
  return {.hidden1 = Dense::FromWeights(weights.hidden1),
          .hidden2 = Dense::FromWeights(weights.hidden2),
          .mean = Dense::FromWeights(weights.mean),
          .log_variance = Dense::FromWeights(weights.log_variance)};
}

Gaussian Encoder::operator()(const at::Tensor& x) const {
  const at::Tensor hidden = hidden2(hidden1(x).relu()).relu();
  return {.mean = mean(hidden), .log_variance = log_variance(hidden)};
}

Generator Generator::FromWeights(const GeneratorWeights& weights) {
  return {.hidden1 = Dense::FromWeights(weights.hidden1),
          .hidden2 = Dense::FromWeights(weights.hidden2),
          .output = Dense::FromWeights(weights.output)};
}

at::Tensor Generator::operator()(const at::Tensor& z) const {
  return output(hidden2(hidden1(z).relu()).relu()).sigmoid();
}

}  // namespace advae
