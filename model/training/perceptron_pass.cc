#include "model/training/perceptron_pass.h"

#include <cblas.h>

#include <span>

#include "model/training/vector_loops.h"

namespace advae {
namespace {

// Consecutive rows of a matrix.
struct Rows {
  float* values;
  int64_t count;
  int64_t columns;

  std::span<float> all() const { return {values, static_cast<size_t>(count * columns)}; }
};

Rows RowsOf(const at::Tensor& matrix, RowRange rows) {
  return {matrix.data_ptr<float>() + rows.first * matrix.size(1), rows.count, matrix.size(1)};
}

Rows RowsOf(const at::Tensor& matrix) { return RowsOf(matrix, {0, matrix.size(0)}); }

// result = a b, with either matrix transposed first. Not at::mm_out(), whose work around a product
// weighs heavily with networks as small as the paper's.
void Multiply(Rows a, CBLAS_TRANSPOSE transpose_a, Rows b, CBLAS_TRANSPOSE transpose_b,
              Rows result) {
  const int64_t inner = transpose_a == CblasTrans ? a.count : a.columns;
  cblas_sgemm(CblasRowMajor, transpose_a, transpose_b, static_cast<int>(result.count),
              static_cast<int>(result.columns), static_cast<int>(inner), 1, a.values,
              static_cast<int>(a.columns), b.values, static_cast<int>(b.columns), 0, result.values,
              static_cast<int>(result.columns));
}

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
    const Rows output = RowsOf(activations_[i + 1].values, rows);
    Multiply(RowsOf(activations_[i].values, rows), CblasNoTrans, RowsOf(layer.weight), CblasTrans,
             output);
    AddBias(Values(layer.bias), layer.activation == Activation::kRelu, output.all());
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
  const std::span<const float> values = RowsOf(activations_[layer + 1].values, rows).all();
  const std::span<float> gradients = RowsOf(activations_[layer + 1].gradients, rows).all();
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
  const Rows gradients = RowsOf(activations_[layer + 1].gradients, rows);
  Multiply(gradients, CblasTrans, RowsOf(activations_[layer].values, rows), CblasNoTrans,
           RowsOf(network_.layer(layer).weight_gradient));
  SumRows(gradients.all(), Values(network_.layer(layer).bias_gradient));
}

void PerceptronPass::PropagateToInput(int layer, RowRange rows) {
  Multiply(RowsOf(activations_[layer + 1].gradients, rows), CblasNoTrans,
           RowsOf(network_.layer(layer).weight), CblasNoTrans,
           RowsOf(activations_[layer].gradients, rows));
}

}  // namespace advae
