#include "tests/model/networks/reference_networks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>
#include <vector>

namespace advae {
namespace {

double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

DenseLayer Layer(size_t inputs, size_t outputs, std::vector<float> weight,
                 std::vector<float> bias) {
  return {inputs, outputs, std::move(weight), std::move(bias)};
}

TEST(EncoderTest, MatchesTheHandCalculation) {
  // x = 2: hidden1 = relu(2, -2) = (2, 0); hidden2 = relu(2 + 0 + 1, 0 - 5) = (3, 0).
  const EncoderWeights weights{.hidden1 = Layer(1, 2, {1, -1}, {0, 0}),
                               .hidden2 = Layer(2, 2, {1, 1, 0, 1}, {1, -5}),
                               .mean = Layer(2, 1, {2, 7}, {0.5}),
                               .log_variance = Layer(2, 1, {-1, 7}, {0})};
  const Gaussian q = Encoder::FromWeights(weights)(at::full({1, 1}, 2.0, at::kDouble));
  EXPECT_DOUBLE_EQ(q.mean.item<double>(), 6.5);
  EXPECT_DOUBLE_EQ(q.log_variance.item<double>(), -3);
}

TEST(GeneratorTest, MatchesTheHandCalculation) {
  const GeneratorWeights weights{.hidden1 = Layer(1, 1, {1}, {-1}),
                                 .hidden2 = Layer(1, 1, {2}, {0}),
                                 .output = Layer(1, 2, {1, -1}, {0, 0.5})};
  const at::Tensor x =
      Generator::FromWeights(weights)(at::full({1, 1}, 3.0, at::kDouble));  // hidden2 = 4
  EXPECT_DOUBLE_EQ(x[0][0].item<double>(), Sigmoid(4));
  EXPECT_DOUBLE_EQ(x[0][1].item<double>(), Sigmoid(-3.5));
}

}  // namespace
}  // namespace advae
