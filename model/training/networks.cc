#include "model/training/networks.h"

#include <cmath>

namespace advae {
namespace {

at::Tensor ToTensor(const std::vector<float>& values, at::IntArrayRef shape, at::ScalarType dtype) {
  return at::tensor(values, at::kFloat).reshape(shape).to(dtype);
}

std::vector<float> ToVector(const at::Tensor& tensor) {
  const at::Tensor values = tensor.detach().to(at::kFloat).contiguous();
  return {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()};
}

std::vector<at::Tensor> ParametersOf(std::initializer_list<Dense> layers) {
  std::vector<at::Tensor> parameters;
  for (const Dense& layer : layers) {
    parameters.push_back(layer.weight);
    parameters.push_back(layer.bias);
  }
  return parameters;
}

}  // namespace

at::Tensor Gaussian::Sample(const at::Tensor& noise) const {
  return mean + (0.5 * log_variance).exp() * noise;
}

Dense Dense::Random(int64_t inputs, int64_t outputs, at::Generator& generator) {
  const double bound = 1 / std::sqrt(static_cast<double>(inputs));
  return {.weight = at::empty({outputs, inputs}).uniform_(-bound, bound, generator),
          .bias = at::empty({outputs}).uniform_(-bound, bound, generator)};
}

Dense Dense::FromWeights(const DenseLayer& layer, at::ScalarType dtype) {
  const auto inputs = static_cast<int64_t>(layer.inputs);
  const auto outputs = static_cast<int64_t>(layer.outputs);
  return {.weight = ToTensor(layer.weight, {outputs, inputs}, dtype),
          .bias = ToTensor(layer.bias, {outputs}, dtype)};
}

DenseLayer Dense::ToWeights() const {
  return {.inputs = static_cast<size_t>(weight.size(1)),
          .outputs = static_cast<size_t>(weight.size(0)),
          .weight = ToVector(weight),
          .bias = ToVector(bias)};
}

at::Tensor Dense::operator()(const at::Tensor& x) const { return at::addmm(bias, x, weight.t()); }

Encoder Encoder::Random(int64_t features, int64_t hidden, int64_t latent,
                        at::Generator& generator) {
  return {.hidden1 = Dense::Random(features, hidden, generator),
          .hidden2 = Dense::Random(hidden, hidden, generator),
          .mean = Dense::Random(hidden, latent, generator),
          .log_variance = Dense::Random(hidden, latent, generator)};
}

Encoder Encoder::FromWeights(const EncoderWeights& weights, at::ScalarType dtype) {
  return {.hidden1 = Dense::FromWeights(weights.hidden1, dtype),
          .hidden2 = Dense::FromWeights(weights.hidden2, dtype),
          .mean = Dense::FromWeights(weights.mean, dtype),
          .log_variance = Dense::FromWeights(weights.log_variance, dtype)};
}

EncoderWeights Encoder::ToWeights() const {
  return {.hidden1 = hidden1.ToWeights(),
          .hidden2 = hidden2.ToWeights(),
          .mean = mean.ToWeights(),
          .log_variance = log_variance.ToWeights()};
}

Gaussian Encoder::operator()(const at::Tensor& x) const {
  const at::Tensor hidden = hidden2(hidden1(x).relu()).relu();
  return {.mean = mean(hidden), .log_variance = log_variance(hidden)};
}

std::vector<at::Tensor> Encoder::parameters() const {
  return ParametersOf({hidden1, hidden2, mean, log_variance});
}

Generator Generator::Random(int64_t latent, int64_t hidden, int64_t features,
                            at::Generator& generator) {
  return {.hidden1 = Dense::Random(latent, hidden, generator),
          .hidden2 = Dense::Random(hidden, hidden, generator),
          .output = Dense::Random(hidden, features, generator)};
}

Generator Generator::FromWeights(const GeneratorWeights& weights, at::ScalarType dtype) {
  return {.hidden1 = Dense::FromWeights(weights.hidden1, dtype),
          .hidden2 = Dense::FromWeights(weights.hidden2, dtype),
          .output = Dense::FromWeights(weights.output, dtype)};
}

GeneratorWeights Generator::ToWeights() const {
  return {
      .hidden1 = hidden1.ToWeights(), .hidden2 = hidden2.ToWeights(), .output = output.ToWeights()};
}

at::Tensor Generator::operator()(const at::Tensor& z) const {
  return output(hidden2(hidden1(z).relu()).relu()).sigmoid();
}

std::vector<at::Tensor> Generator::parameters() const {
  return ParametersOf({hidden1, hidden2, output});
}

Transformer Transformer::Random(int64_t latent, at::Generator& generator) {
  return {.hidden1 = Dense::Random(2 * latent, 2 * latent, generator),
          .hidden2 = Dense::Random(2 * latent, 2 * latent, generator),
          .mean = Dense::Random(2 * latent, latent, generator),
          .log_variance = Dense::Random(2 * latent, latent, generator)};
}

Gaussian Transformer::operator()(const Gaussian& encoded) const {
  const at::Tensor input = at::cat({encoded.mean, encoded.log_variance}, 1);
  const at::Tensor hidden = hidden2(hidden1(input).sigmoid()).sigmoid();
  return {.mean = mean(hidden), .log_variance = log_variance(hidden)};
}

std::vector<at::Tensor> Transformer::parameters() const {
  return ParametersOf({hidden1, hidden2, mean, log_variance});
}

void SetTrainable(const std::vector<at::Tensor>& parameters, bool trainable) {
  for (at::Tensor parameter : parameters) parameter.requires_grad_(trainable);
}

}  // namespace advae
