#include "model/networks/perceptron.h"

#include <cmath>
#include <vector>

namespace advae {
namespace {

std::array<int64_t, Perceptron::kLayers + 1> Widths(const PerceptronShape& shape) {
  return {shape.inputs, shape.hidden, shape.hidden, shape.outputs};
}

int64_t CountParameters(const PerceptronShape& shape) {
  const auto widths = Widths(shape);
  int64_t count = 0;
  for (int i = 0; i < Perceptron::kLayers; ++i) count += widths[i + 1] * (widths[i] + 1);
  return count;
}

std::vector<float> Values(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

}  // namespace

Perceptron::Perceptron(const PerceptronShape& shape, at::Generator& generator)
    : shape_(shape),
      parameters_(at::empty({CountParameters(shape)}, at::kFloat)),
      gradients_(at::zeros_like(parameters_)) {
  const auto widths = Widths(shape);
  int64_t first = 0;
  for (int i = 0; i < kLayers; ++i) {
    const int64_t inputs = widths[i];
    const int64_t outputs = widths[i + 1];
    const auto weight = [&](const at::Tensor& buffer) {
      return buffer.narrow(0, first, outputs * inputs).view({outputs, inputs});
    };
    const auto bias = [&](const at::Tensor& buffer) {
      return buffer.narrow(0, first + outputs * inputs, outputs);
    };
    layers_[i] = {
        .weight = weight(parameters_),
        .bias = bias(parameters_),
        .weight_gradient = weight(gradients_),
        .bias_gradient = bias(gradients_),
        .activation = i + 1 < kLayers ? shape.hidden_activation : shape.output_activation};
    const double bound = 1 / std::sqrt(static_cast<double>(inputs));
    parameters_.narrow(0, first, outputs * (inputs + 1)).uniform_(-bound, bound, generator);
    first += outputs * (inputs + 1);
  }
}

Optimizer::Buffers Perceptron::buffers() const {
  const auto size = static_cast<size_t>(parameters_.numel());
  return {.parameters = {parameters_.data_ptr<float>(), size},
          .gradients = {gradients_.data_ptr<float>(), size}};
}

DenseLayer Perceptron::ToWeights(int layer, int64_t first, int64_t count) const {
  const at::Tensor& weight = layers_[layer].weight;
  return {.inputs = static_cast<size_t>(weight.size(1)),
          .outputs = static_cast<size_t>(count),
          .weight = Values(weight.narrow(0, first, count)),
          .bias = Values(layers_[layer].bias.narrow(0, first, count))};
}

DenseLayer Perceptron::ToWeights(int layer) const {
  return ToWeights(layer, 0, layers_[layer].bias.size(0));
}

}  // namespace advae
