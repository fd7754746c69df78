#include "model/training/networks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::IsOk;

at::Generator Seeded(uint64_t seed) { return at::make_generator<at::CPUGeneratorImpl>(seed); }

double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

DenseLayer Layer(size_t inputs, size_t outputs, std::vector<float> weight,
                 std::vector<float> bias) {
  return {inputs, outputs, std::move(weight), std::move(bias)};
}

TEST(GaussianTest, SamplesMeanPlusSigmaTimesNoise) {
  const Gaussian q{at::tensor({1.0f, 2.0f}).reshape({1, 2}),
                   at::tensor({0.0f, 2 * std::log(3.0f)}).reshape({1, 2})};
  const at::Tensor z = q.Sample(at::tensor({2.0f, -1.0f}).reshape({1, 2}));
  EXPECT_TRUE(at::allclose(z, at::tensor({3.0f, -1.0f}).reshape({1, 2})));
}

TEST(EncoderTest, MatchesTheHandCalculation) {
  // x = 2: hidden1 = relu(2, -2) = (2, 0); hidden2 = relu(2 + 0 + 1, 0 - 5) = (3, 0).
  const EncoderWeights weights{.hidden1 = Layer(1, 2, {1, -1}, {0, 0}),
                               .hidden2 = Layer(2, 2, {1, 1, 0, 1}, {1, -5}),
                               .mean = Layer(2, 1, {2, 7}, {0.5}),
                               .log_variance = Layer(2, 1, {-1, 7}, {0})};
  const Gaussian q = Encoder::FromWeights(weights)(at::full({1, 1}, 2.0));
  EXPECT_FLOAT_EQ(q.mean.item<float>(), 6.5);
  EXPECT_FLOAT_EQ(q.log_variance.item<float>(), -3);
}

TEST(GeneratorTest, MatchesTheHandCalculation) {
  const GeneratorWeights weights{.hidden1 = Layer(1, 1, {1}, {-1}),
                                 .hidden2 = Layer(1, 1, {2}, {0}),
                                 .output = Layer(1, 2, {1, -1}, {0, 0.5})};
  const at::Tensor x = Generator::FromWeights(weights)(at::full({1, 1}, 3.0));  // hidden2 = 4
  EXPECT_FLOAT_EQ(x[0][0].item<float>(), Sigmoid(4));
  EXPECT_FLOAT_EQ(x[0][1].item<float>(), Sigmoid(-3.5));
}

TEST(TransformerTest, HasSigmoidHiddenLayersAndLinearOutputs) {
  at::Generator random = Seeded(1);
  const Transformer transformer = Transformer::Random(3, random);
  for (const at::Tensor& parameter : transformer.parameters()) parameter.zero_();
  transformer.mean.weight.fill_(2);
  transformer.log_variance.bias.fill_(-4);
  const Gaussian q = transformer({at::randn({5, 3}), at::randn({5, 3})});
  // Hidden units are sigmoid(0) = 1/2, six of them: mu_T = 6 * 2 * 1/2.
  EXPECT_TRUE(at::equal(q.mean, at::full({5, 3}, 6.0)));
  EXPECT_TRUE(at::equal(q.log_variance, at::full({5, 3}, -4.0)));
}

TEST(TransformerTest, HasTheSizesOfThePaper) {
  at::Generator random = Seeded(1);
  const Transformer transformer = Transformer::Random(3, random);
  EXPECT_EQ(transformer.hidden1.weight.sizes(), (at::IntArrayRef{6, 6}));
  EXPECT_EQ(transformer.hidden2.weight.sizes(), (at::IntArrayRef{6, 6}));
  EXPECT_EQ(transformer.mean.weight.sizes(), (at::IntArrayRef{3, 6}));
  EXPECT_EQ(transformer.log_variance.weight.sizes(), (at::IntArrayRef{3, 6}));
}

TEST(DenseTest, IsInitialisedWithinTheBoundOfLinear) {
  at::Generator random = Seeded(1);
  const Dense layer = Dense::Random(16, 400, random);
  for (const at::Tensor& parameter : {layer.weight, layer.bias}) {
    EXPECT_LE(parameter.abs().max().item<float>(), 0.25);
    EXPECT_GT(parameter.abs().max().item<float>(), 0.24);
    EXPECT_LT(std::abs(parameter.mean().item<float>()), 0.03);
  }
}

TEST(NetworksTest, WeightsSurviveTheRoundTrip) {
  at::Generator random = Seeded(7);
  const Encoder encoder = Encoder::Random(4, 6, 2, random);
  const Generator generator = Generator::Random(2, 6, 4, random);
  const NetworkWeights weights{encoder.ToWeights(), generator.ToWeights()};
  EXPECT_THAT(weights.Validate(), IsOk());
  EXPECT_EQ(weights.features(), 4);
  EXPECT_EQ(weights.latent_size(), 2);

  const at::Tensor x = at::rand({3, 4});
  const at::Tensor z = at::rand({3, 2});
  EXPECT_TRUE(at::equal(Encoder::FromWeights(weights.encoder)(x).mean, encoder(x).mean));
  EXPECT_TRUE(
      at::equal(Encoder::FromWeights(weights.encoder)(x).log_variance, encoder(x).log_variance));
  EXPECT_TRUE(at::equal(Generator::FromWeights(weights.generator)(z), generator(z)));
}

TEST(NetworksTest, FromWeightsCopies) {
  at::Generator random = Seeded(7);
  const EncoderWeights weights = Encoder::Random(4, 6, 2, random).ToWeights();
  const EncoderWeights before = weights;
  Encoder::FromWeights(weights).hidden1.weight.zero_();
  EXPECT_EQ(weights.hidden1.weight, before.hidden1.weight);
}

}  // namespace
}  // namespace advae
