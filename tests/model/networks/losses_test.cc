#include "model/networks/losses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;

constexpr double kTolerance = 1e-6;

// Owns what a GaussianRow views.
struct Distribution {
  Distribution(std::vector<float> mean, std::vector<float> log_variance)
      : mean(std::move(mean)), log_variance(std::move(log_variance)) {
    for (const float value : this->log_variance) variance.push_back(std::exp(value));
  }

  GaussianRow row() const { return {mean, log_variance, variance}; }

  std::vector<float> mean;
  std::vector<float> log_variance;
  std::vector<float> variance;
};

const Distribution& Prior() {
  static const auto& prior = *new Distribution({0, 0}, {0, 0});
  return prior;
}

TEST(SquaredErrorTest, SumsOverTheFeatures) {
  EXPECT_EQ(SquaredError(std::vector<float>{1, 2, 3}, std::vector<float>{1, 4, 0}), 13);
  EXPECT_EQ(SquaredError(std::vector<float>{0, 0}, std::vector<float>{0, 0}), 0);
}

TEST(KlDivergenceTest, IsZeroAtThePrior) { EXPECT_EQ(KlDivergence(Prior().row()), 0); }

TEST(KlDivergenceTest, MatchesTheHandCalculation) {
  // mu = (1, 0), sigma^2 = (1, e): 1/2 (1 + 1 - 0 - 1) + 1/2 (0 + e - 1 - 1) = 1/2 + (e - 2) / 2.
  EXPECT_NEAR(KlDivergence(Distribution({1, 0}, {0, 1}).row()), (std::exp(1) - 1) / 2, kTolerance);
}

TEST(KlDivergenceTest, IsPositiveAwayFromThePrior) {
  for (const float mean : {-2.0f, 0.0f, 0.5f}) {
    for (const float log_variance : {-3.0f, -0.1f, 0.2f, 4.0f}) {
      EXPECT_GT(KlDivergence(Distribution({mean}, {log_variance}).row()), 0)
          << mean << ", " << log_variance;
    }
  }
}

TEST(TransformerDivergenceTest, IsZeroForEqualDistributions) {
  const Distribution q({0.3f, -1}, {0.5f, -2});
  EXPECT_NEAR(TransformerDivergence(q.row(), q.row()), 0, kTolerance);
}

TEST(TransformerDivergenceTest, MatchesTheHandCalculation) {
  // sigma = 1, sigma_T = 2, mu - mu_T = 3: log 2 + (1 + 9) / 8 - 1/2.
  const Distribution encoded({5}, {0});
  const Distribution transformed({2}, {std::log(4.0f)});
  EXPECT_NEAR(TransformerDivergence(encoded.row(), transformed.row()), std::log(2.0) + 0.75,
              kTolerance);
}

TEST(TransformerDivergenceTest, IsTheKlDivergenceWhenTransformedToThePrior) {
  const Distribution q({0.7f, -1.2f}, {0.4f, -0.9f});
  EXPECT_NEAR(TransformerDivergence(q.row(), Prior().row()), KlDivergence(q.row()), kTolerance);
}

TEST(SampleTest, IsMeanPlusSigmaTimesNoise) {
  const Distribution q({1, 2}, {0, 2 * std::log(3.0f)});
  std::vector<float> z(2);
  Sample(q.row(), std::vector<float>{2, -1}, z);
  EXPECT_THAT(z, ElementsAre(FloatNear(3, 1e-6f), FloatNear(-1, 1e-6f)));
}

// A loss as a function of one Gaussian's 2 means and 2 log-variances, or of a vector of 4 values,
// and its gradient with a weight.
struct GradientCase {
  const char* name;
  std::function<double(const std::vector<float>&)> loss;
  std::function<void(const std::vector<float>&, float weight, std::vector<float>&)> add_gradient;
};
void PrintTo(const GradientCase& test_case, std::ostream* os) { *os << test_case.name; }

Distribution Split(const std::vector<float>& values) {
  return {{values[0], values[1]}, {values[2], values[3]}};
}
GaussianGradientRow Split(std::vector<float>& gradient) {
  const std::span<float> all = gradient;
  return {.mean = all.first(2), .log_variance = all.last(2)};
}

const std::vector<float>& Target() {
  static const auto& target = *new std::vector<float>{0.1f, 0.9f, -0.4f, 0.3f};
  return target;
}
const Distribution& Encoded() {
  static const auto& encoded = *new Distribution({0.3f, -0.8f}, {-0.4f, 0.6f});
  return encoded;
}
const std::vector<float>& Noise() {
  static const auto& noise = *new std::vector<float>{0.7f, -1.6f};
  return noise;
}

class GradientTest : public ::testing::TestWithParam<GradientCase> {};

TEST_P(GradientTest, AgreesWithFiniteDifferences) {
  const std::vector<float> point = {0.5f, -1.5f, 0.8f, -0.6f};
  constexpr float kStep = 1e-2f;
  constexpr float kWeight = -3;
  std::vector<float> gradient(4, 10);  // gradients are added to what is there
  GetParam().add_gradient(point, kWeight, gradient);
  for (size_t i = 0; i < point.size(); ++i) {
    std::vector<float> above = point, below = point;
    above[i] += kStep;
    below[i] -= kStep;
    const double slope = (GetParam().loss(above) - GetParam().loss(below)) / (2 * kStep);
    EXPECT_NEAR(gradient[i], 10 + kWeight * slope, 2e-3) << "element " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Losses, GradientTest,
    ::testing::Values(
        GradientCase{"SquaredError", [](const auto& x) { return SquaredError(x, Target()); },
                     [](const auto& x, float weight, auto& g) {
                       AddSquaredErrorGradient(x, Target(), weight, g);
                     }},
        GradientCase{"KlDivergence", [](const auto& q) { return KlDivergence(Split(q).row()); },
                     [](const auto& q, float weight, auto& g) {
                       AddKlDivergenceGradient(Split(q).row(), weight, Split(g));
                     }},
        GradientCase{
            "TransformerDivergence",
            [](const auto& q) { return TransformerDivergence(Encoded().row(), Split(q).row()); },
            [](const auto& q, float weight, auto& g) {
              AddTransformerDivergenceGradient(Encoded().row(), Split(q).row(), weight, Split(g));
            }},
        // The loss z_1 - 2 z_2 of the sample.
        GradientCase{"Sample",
                     [](const auto& q) {
                       std::vector<float> z(2);
                       Sample(Split(q).row(), Noise(), z);
                       return double{z[0]} - 2 * z[1];
                     },
                     [](const auto& q, float weight, auto& g) {
                       AddSampleGradient(Split(q).row(), Noise(),
                                         std::vector<float>{weight, -2 * weight}, Split(g));
                     }}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace advae
