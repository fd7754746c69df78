#include "model/networks/perceptron_pass.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <string>
#include <vector>

#include "tests/model/networks/small_networks.h"

namespace advae {
namespace {

// A network with rows beyond those of the batch, which a pass must leave alone.
constexpr int64_t kMaxRows = 9;
constexpr RowRange kRows{2, 5};

at::Tensor Applied(Activation activation, const at::Tensor& x) {
  switch (activation) {
    case Activation::kIdentity:
      return x;
    case Activation::kRelu:
      return x.relu();
    case Activation::kSigmoid:
      return x.sigmoid();
  }
  return {};
}

struct Case {
  const char* name;
  PerceptronShape shape;
};
void PrintTo(const Case& test_case, std::ostream* os) { *os << test_case.name; }

class PerceptronPassTest : public ::testing::TestWithParam<Case> {
 protected:
  at::Tensor Batch(const at::Tensor& buffer) const {
    return buffer.narrow(0, kRows.first, kRows.count);
  }

  // The output for the batch by LibTorch's operations in double precision; `leaves` are the input,
  // then weight and bias of each layer.
  at::Tensor Reference(std::vector<at::Tensor>& leaves) const {
    leaves = {Batch(input_.values).to(at::kDouble)};
    at::Tensor x = leaves[0].requires_grad_();
    for (int i = 0; i < Perceptron::kLayers; ++i) {
      const Perceptron::Layer& layer = network_.layer(i);
      leaves.push_back(layer.weight.to(at::kDouble).requires_grad_());
      leaves.push_back(layer.bias.to(at::kDouble).requires_grad_());
      x = Applied(layer.activation, at::addmm(leaves[2 * i + 2], x, leaves[2 * i + 1].t()));
    }
    return x;
  }

  // The gradients of sum(output * output_gradient) by `leaves`.
  std::vector<at::Tensor> ReferenceGradients() const {
    std::vector<at::Tensor> leaves;
    const at::Tensor output = Reference(leaves);
    return torch::autograd::grad({(output * Batch(output_.gradients)).sum()}, leaves);
  }

  void ExpectParameterGradients(const std::vector<at::Tensor>& expected) const {
    for (int i = 0; i < Perceptron::kLayers; ++i) {
      const Perceptron::Layer& layer = network_.layer(i);
      EXPECT_TRUE(
          at::allclose(layer.weight_gradient.to(at::kDouble), expected[2 * i + 1], 1e-4, 1e-6))
          << "weight of layer " << i;
      EXPECT_TRUE(
          at::allclose(layer.bias_gradient.to(at::kDouble), expected[2 * i + 2], 1e-4, 1e-6))
          << "bias of layer " << i;
    }
  }

  void ExpectInputGradient(const std::vector<at::Tensor>& expected) const {
    EXPECT_TRUE(at::allclose(Batch(input_.gradients).to(at::kDouble), expected[0], 1e-4, 1e-6));
  }

  at::Generator random_ = testing::Seeded(5);
  const Perceptron network_{GetParam().shape, random_};
  const Activations input_{at::randn({kMaxRows, network_.shape().inputs}, random_),
                           at::full({kMaxRows, network_.shape().inputs}, 7.0f)};
  const Activations output_{at::full({kMaxRows, network_.shape().outputs}, 7.0f),
                            at::randn({kMaxRows, network_.shape().outputs}, random_)};
  PerceptronPass pass_{network_, input_, output_};
};

TEST_P(PerceptronPassTest, ForwardMatchesAutograd) {
  pass_.Forward(kRows);
  std::vector<at::Tensor> leaves;
  EXPECT_TRUE(at::allclose(Batch(output_.values).to(at::kDouble), Reference(leaves), 1e-5, 1e-6));
  EXPECT_TRUE(
      at::equal(output_.values[kRows.first - 1], at::full({network_.shape().outputs}, 7.0f)));
  EXPECT_TRUE(at::equal(output_.values[kRows.first + kRows.count],
                        at::full({network_.shape().outputs}, 7.0f)));
}

TEST_P(PerceptronPassTest, BackwardToInputAndParametersMatchesAutograd) {
  const std::vector<at::Tensor> expected = ReferenceGradients();
  pass_.Forward(kRows);
  pass_.BackwardToInputAndParameters(kRows);
  ExpectParameterGradients(expected);
  ExpectInputGradient(expected);
}

TEST_P(PerceptronPassTest, BackwardToInputLeavesTheParametersGradients) {
  const std::vector<at::Tensor> expected = ReferenceGradients();
  pass_.Forward(kRows);
  pass_.BackwardToInput(kRows);
  ExpectInputGradient(expected);
  for (const float gradient : network_.buffers().gradients) EXPECT_EQ(gradient, 0);
}

TEST_P(PerceptronPassTest, BackwardToParametersLeavesTheInputsGradient) {
  const std::vector<at::Tensor> expected = ReferenceGradients();
  pass_.Forward(kRows);
  pass_.BackwardToParameters(kRows);
  ExpectParameterGradients(expected);
  EXPECT_TRUE(at::equal(input_.gradients, at::full_like(input_.gradients, 7.0f)));
}

INSTANTIATE_TEST_SUITE_P(
    Networks, PerceptronPassTest,
    ::testing::Values(Case{"Encoder", {.inputs = 7, .hidden = 20, .outputs = 6}},
                      Case{"Generator",
                           {.inputs = 3,
                            .hidden = 19,
                            .outputs = 7,
                            .hidden_activation = Activation::kRelu,
                            .output_activation = Activation::kSigmoid}},
                      Case{"Transformer",
                           {.inputs = 6,
                            .hidden = 6,
                            .outputs = 6,
                            .hidden_activation = Activation::kSigmoid,
                            .output_activation = Activation::kIdentity}},
                      Case{"OneOfEach", {.inputs = 1, .hidden = 1, .outputs = 1}}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace advae
