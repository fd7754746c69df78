#include "model/networks/perceptron.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/model/networks/small_networks.h"

namespace advae {
namespace {

using ::advae::testing::Seeded;
using ::testing::ElementsAre;

Perceptron Make(const PerceptronShape& shape) {
  at::Generator random = Seeded(1);
  return Perceptron(shape, random);
}

TEST(PerceptronTest, HasThreeLayersOfItsShape) {
  const Perceptron network = Make({.inputs = 2, .hidden = 3, .outputs = 4});
  EXPECT_EQ(network.layer(0).weight.sizes(), (at::IntArrayRef{3, 2}));
  EXPECT_EQ(network.layer(1).weight.sizes(), (at::IntArrayRef{3, 3}));
  EXPECT_EQ(network.layer(2).weight.sizes(), (at::IntArrayRef{4, 3}));
  EXPECT_EQ(network.layer(2).bias.sizes(), (at::IntArrayRef{4}));
  EXPECT_EQ(network.buffers().parameters.size(), (2 + 1) * 3 + (3 + 1) * 3 + (3 + 1) * 4);
}

TEST(PerceptronTest, EachLayerIsInitialisedWithinTheBoundOfLinear) {
  const Perceptron network = Make({.inputs = 16, .hidden = 400, .outputs = 400});
  for (int i = 0; i < Perceptron::kLayers; ++i) {
    const Perceptron::Layer& layer = network.layer(i);
    const double bound = 1 / std::sqrt(static_cast<double>(layer.weight.size(1)));
    for (const at::Tensor& parameter : {layer.weight, layer.bias}) {
      const double largest = parameter.abs().max().item<float>();
      EXPECT_LE(largest, bound + 1e-9);
      EXPECT_GT(largest, 0.95 * bound);
      EXPECT_LT(std::abs(parameter.mean().item<float>()), 0.12 * bound);
    }
  }
}

TEST(PerceptronTest, LayersShareTheBuffersInOrder) {
  const Perceptron network = Make({.inputs = 1, .hidden = 1, .outputs = 2});
  const Optimizer::Buffers buffers = network.buffers();
  for (size_t i = 0; i < buffers.parameters.size(); ++i) {
    buffers.parameters[i] = static_cast<float>(i);
  }
  EXPECT_EQ(network.layer(0).weight.item<float>(), 0);
  EXPECT_EQ(network.layer(1).bias.item<float>(), 3);
  const DenseLayer output = network.ToWeights(2);
  EXPECT_EQ(output.inputs, 1);
  EXPECT_EQ(output.outputs, 2);
  EXPECT_THAT(output.weight, ElementsAre(4, 5));
  EXPECT_THAT(output.bias, ElementsAre(6, 7));
  EXPECT_THAT(network.ToWeights(2, 1, 1).weight, ElementsAre(5));
  EXPECT_THAT(network.ToWeights(2, 1, 1).bias, ElementsAre(7));

  network.layer(2).bias_gradient.fill_(9);
  EXPECT_EQ(buffers.gradients.back(), 9);
  EXPECT_EQ(buffers.gradients.front(), 0);
}

TEST(PerceptronTest, CopiesShareTheParameters) {
  const Perceptron network = Make({.inputs = 1, .hidden = 1, .outputs = 1});
  const Perceptron copy = network;
  network.layer(0).weight.fill_(5);
  EXPECT_EQ(copy.layer(0).weight.item<float>(), 5);
}

}  // namespace
}  // namespace advae
