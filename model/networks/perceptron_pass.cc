#include "model/networks/perceptron_pass.h"

#include <span>

#include "model/simd/vector_loops.h"

namespace advae {
namespace {

float* ValuesOf(const at::Tensor& matrix, RowRange rows) {
  return matrix.data_ptr<float>() + rows.first * matrix.size(1);
}

std::span<float> SpanOf(const at::Tensor& matrix, RowRange rows) {
  return {ValuesOf(matrix, rows), static_cast<size_t>(rows.count * matrix.size(1))};
}

ConstMatrix MatrixOf(const at::Tensor& matrix, RowRange rows) {
  const auto columns = static_cast<size_t>(matrix.size(1));
  return {.values = ValuesOf(matrix, rows),
          .rows = static_cast<size_t>(rows.count),
          .columns = columns,
          .row_step = columns,
          .column_step = 1};
}

ConstMatrix MatrixOf(const at::Tensor& matrix) { return MatrixOf(matrix, {0, matrix.size(0)}); }

}  // namespace

PerceptronPass::PerceptronPass(const Perceptron& network, const Activations& input,
                               const Activations& output)
    : network_(network) {
  activations_.front() = input;
  activations_.back() = output;
  for (int i = 1; i < Perceptron::kLayers; ++i) {
    activations_[i] = Activations::Allocate(input.values.size(0), network_.shape().hidden);
  }
}

void PerceptronPass::Forward(RowRange rows) {
  for (int i = 0; i < Perceptron::kLayers; ++i) {
    const Perceptron::Layer& layer = network_.layer(i);
    const at::Tensor& output = activations_[i + 1].values;
    product_.Multiply(MatrixOf(activations_[i].values, rows), MatrixOf(layer.weight).Transposed(),
                      ValuesOf(output, rows));
    AddBias(Values(layer.bias), layer.activation == Activation::kRelu, SpanOf(output, rows));
    if (layer.activation == Activation::kSigmoid) {
      activations_[i + 1].Slice(rows).values.sigmoid_();
    }
  }
}

void PerceptronPass::BackwardToInput(RowRange rows) {
  for (int i = Perceptron::kLayers - 1; i >= 0; --i) {
    ApplyActivationGradient(i, rows);
    PropagateToInput(i, rows);
  }
}

void PerceptronPass::BackwardToParameters(RowRange rows) {
  for (int i = Perceptron::kLayers - 1; i >= 0; --i) {
    ApplyActivationGradient(i, rows);
    SetParameterGradients(i, rows);
    if (i > 0) PropagateToInput(i, rows);
  }
}

void PerceptronPass::BackwardToInputAndParameters(RowRange rows) {
  BackwardToParameters(rows);
  PropagateToInput(0, rows);
}

void PerceptronPass::ApplyActivationGradient(int layer, RowRange rows) {
  const std::span<const float> values = SpanOf(activations_[layer + 1].values, rows);
  const std::span<float> gradients = SpanOf(activations_[layer + 1].gradients, rows);
  switch (network_.layer(layer).activation) {
    case Activation::kIdentity:
      break;
    case Activation::kRelu:
      MaskByRectifier(values, gradients);
      break;
    case Activation::kSigmoid:
      for (size_t i = 0; i < values.size(); ++i) gradients[i] *= values[i] * (1 - values[i]);
      break;
  }
}

void PerceptronPass::SetParameterGradients(int layer, RowRange rows) {
  const at::Tensor& gradients = activations_[layer + 1].gradients;
  const Perceptron::Layer& parameters = network_.layer(layer);
  product_.Multiply(MatrixOf(gradients, rows).Transposed(),
                    MatrixOf(activations_[layer].values, rows),
                    parameters.weight_gradient.data_ptr<float>());
  SumRows(SpanOf(gradients, rows), Values(parameters.bias_gradient));
}

void PerceptronPass::PropagateToInput(int layer, RowRange rows) {
  product_.Multiply(MatrixOf(activations_[layer + 1].gradients, rows),
                    MatrixOf(network_.layer(layer).weight),
                    ValuesOf(activations_[layer].gradients, rows));
}

}  // namespace advae
