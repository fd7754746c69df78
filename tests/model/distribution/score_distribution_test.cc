#include "model/distribution/score_distribution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <vector>

#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

ScoreDistribution Fit(std::vector<double> scores) {
  auto distribution = ScoreDistribution::Fit(std::move(scores));
  EXPECT_THAT(distribution, IsOk());
  return *std::move(distribution);
}

// Scores like those of a model: positive and skewed.
std::vector<double> SkewedScores(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::lognormal_distribution<double> lognormal(-1, 0.7);
  std::vector<double> scores(count);
  for (double& score : scores) score = lognormal(random);
  return scores;
}

double UpperTail(const ScoreDistribution& distribution, double s) {
  double sum = 0;
  for (const double score : distribution.scores()) {
    sum += std::erfc((s - score) / distribution.bandwidth() / std::numbers::sqrt2) / 2;
  }
  return sum / static_cast<double>(distribution.size());
}

TEST(ValidateAlphaTest, AcceptsTheOpenInterval) {
  EXPECT_THAT(ValidateAlpha(0.1), IsOk());
  EXPECT_THAT(ValidateAlpha(1e-300), IsOk());
  for (const double alpha : {0.0, 1.0, -0.1, 1.5, std::nan(""), kInfinity}) {
    EXPECT_THAT(ValidateAlpha(alpha), StatusIs(kInvalid, HasSubstr("between 0 and 1")));
  }
}

// Computed independently with scipy.stats.gaussian_kde(scores, bw_method="silverman").
TEST(ScoreDistributionTest, AgreesWithScipy) {
  const ScoreDistribution d = Fit({0.3, 0.1, 0.25, 0.9, 0.4, 0.15});
  EXPECT_THAT(d.scores(), ElementsAre(0.1, 0.15, 0.25, 0.3, 0.4, 0.9));
  EXPECT_NEAR(d.bandwidth(), 0.21453449891913035, 1e-14);
  EXPECT_NEAR(d.Density(0.3), 1.3391993121341847, 1e-13);
  EXPECT_NEAR(d.Cdf(0.5), 0.72174815089247557, 1e-14);
  EXPECT_NEAR(d.PValue(0.5), 1 - 0.72174815089247557, 1e-6);
  EXPECT_NEAR(*d.Threshold(0.1), 0.85876650760340933, 1e-12);
}

TEST(ScoreDistributionTest, TwoScores) {
  const ScoreDistribution d = Fit({1, 3});
  // h = (3 * 2 / 4)^(-1/5) * sqrt(2).
  EXPECT_DOUBLE_EQ(d.bandwidth(), std::pow(1.5, -0.2) * std::numbers::sqrt2);
  EXPECT_DOUBLE_EQ(d.Cdf(2), 0.5);
  EXPECT_NEAR(*d.Threshold(0.5), 2, 1e-15);
}

TEST(ScoreDistributionTest, RejectsBadScores) {
  EXPECT_THAT(ScoreDistribution::Fit({}), StatusIs(kInvalid, HasSubstr("at least 2")));
  EXPECT_THAT(ScoreDistribution::Fit({0.1}), StatusIs(kInvalid, HasSubstr("got 1")));
  EXPECT_THAT(ScoreDistribution::Fit({0.1, std::nan("")}),
              StatusIs(kInvalid, HasSubstr("training score 1")));
  EXPECT_THAT(ScoreDistribution::Fit({0.1, 0.2, -0.3}),
              StatusIs(kInvalid, HasSubstr("training score 2: expected a value from 0")));
  EXPECT_THAT(ScoreDistribution::Fit({kInfinity, 1}), StatusIs(kInvalid, HasSubstr("inf")));
  EXPECT_THAT(ScoreDistribution::Fit({1e101, 1}), StatusIs(kInvalid, HasSubstr("1e+101")));
}

TEST(ScoreDistributionTest, EqualScoresGetANarrowKernel) {
  const ScoreDistribution d = Fit({0.5, 0.5, 0.5});
  EXPECT_DOUBLE_EQ(d.bandwidth(), 5e-7);
  ASSERT_OK_AND_ASSIGN(const double threshold, d.Threshold(0.1));
  EXPECT_GT(threshold, 0.5);
  EXPECT_LT(threshold, 0.5 + 1e-6);
  EXPECT_EQ(d.PValue(0.49), 1);
  EXPECT_EQ(d.PValue(0.51), 0);

  EXPECT_EQ(Fit({0, 0}).bandwidth(), 1e-9);
}

TEST(ScoreDistributionTest, NearlyEqualScoresStayFinite) {
  const double next = std::nextafter(1.0, 2.0);
  const ScoreDistribution d = Fit({1, 1, 1, next});
  EXPECT_DOUBLE_EQ(d.bandwidth(), 1e-12);
  EXPECT_NEAR(d.PValue(1), 0.5, 1e-3);
  ASSERT_OK_AND_ASSIGN(const double threshold, d.Threshold(0.1));
  EXPECT_NEAR(threshold, 1, 1e-11);
}

TEST(ScoreDistributionTest, ExtremeScoresStayFinite) {
  for (const std::vector<double>& scores : {std::vector<double>{0, 1e100},
                                            {1e99, 1e100, 1e-300},
                                            {0, 5e-324},
                                            {1e-310, 2e-310, 3e-310}}) {
    const ScoreDistribution d = Fit(scores);
    EXPECT_GT(d.bandwidth(), 0);
    EXPECT_TRUE(std::isfinite(d.bandwidth()));
    for (const double alpha : {1e-12, 0.1, 0.5, 0.999}) {
      ASSERT_OK_AND_ASSIGN(const double threshold, d.Threshold(alpha));
      EXPECT_TRUE(std::isfinite(threshold));
      EXPECT_NEAR(UpperTail(d, threshold), alpha, 1e-9);
    }
    for (const double score : scores) {
      EXPECT_GE(d.PValue(score), 0);
      EXPECT_LE(d.PValue(score), 1);
      EXPECT_TRUE(std::isfinite(d.Density(score)));
    }
  }
}

TEST(ScoreDistributionTest, DensityIntegratesToTheCdf) {
  const ScoreDistribution d = Fit(SkewedScores(50, 1));
  const double low = d.scores().front() - 10 * d.bandwidth();
  const double high = 0.6;
  const int steps = 4000;
  double integral = 0;
  for (int i = 0; i < steps; ++i) {
    integral += d.Density(low + (high - low) * (i + 0.5) / steps) * (high - low) / steps;
  }
  EXPECT_NEAR(integral, d.Cdf(high), 1e-6);
}

TEST(ScoreDistributionTest, CdfIsExactFarFromTheScores) {
  const ScoreDistribution d = Fit({1, 2});
  EXPECT_EQ(d.Cdf(-kInfinity), 0);
  EXPECT_EQ(d.Cdf(kInfinity), 1);
  EXPECT_EQ(d.Density(1e6), 0);
  // Twelve bandwidths below: the tail of one kernel, Phi(-12) = 1.77648211e-33, and nothing else.
  EXPECT_NEAR(d.Cdf(1 - 12 * d.bandwidth()) / (1.77648211e-33 / 2), 1, 1e-8);
}

TEST(ScoreDistributionTest, ThresholdInvertsTheCdf) {
  const ScoreDistribution d = Fit(SkewedScores(1000, 2));
  double previous = kInfinity;
  for (const double alpha :
       {1e-300, 1e-20, 1e-9, 1e-4, 0.01, 0.05, 0.1, 0.5, 0.7, 0.99, 1 - 1e-12}) {
    ASSERT_OK_AND_ASSIGN(const double threshold, d.Threshold(alpha));
    EXPECT_LT(threshold, previous);
    previous = threshold;
    const double rounding = 1e-15 * d.scores().back() * d.Density(threshold);
    EXPECT_NEAR(UpperTail(d, threshold), alpha, 1e-12 * alpha + 2 * rounding) << alpha;
  }
}

TEST(ScoreDistributionTest, ThresholdOfManyScoresInvertsTheCdf) {
  const ScoreDistribution d = Fit(SkewedScores(200'000, 5));
  for (const double alpha : {1e-12, 1e-6, 1e-3, 0.1, 0.5, 0.9, 1 - 1e-6}) {
    ASSERT_OK_AND_ASSIGN(const double threshold, d.Threshold(alpha));
    const double rounding = 1e-15 * d.scores().back() * d.Density(threshold);
    EXPECT_NEAR(UpperTail(d, threshold), alpha, 1e-12 * alpha + 2 * rounding) << alpha;
  }
}

TEST(ScoreDistributionTest, ThresholdRejectsBadAlpha) {
  const ScoreDistribution d = Fit({1, 2});
  EXPECT_THAT(d.Threshold(0), StatusIs(kInvalid, HasSubstr("alpha")));
  EXPECT_THAT(d.Threshold(1), StatusIs(kInvalid, HasSubstr("got 1")));
}

TEST(ScoreDistributionTest, QuantilesInterpolate) {
  const ScoreDistribution d = Fit({4, 1, 2, 8, 16});
  EXPECT_EQ(d.Quantile(0), 1);
  EXPECT_EQ(d.Quantile(1), 16);
  EXPECT_EQ(d.Quantile(0.5), 4);
  EXPECT_DOUBLE_EQ(d.Quantile(0.375), 3);
  EXPECT_DOUBLE_EQ(d.Quantile(0.9), 12.8);
}

TEST(ScoreDistributionTest, CurveSpansTheScores) {
  const ScoreDistribution d = Fit(SkewedScores(500, 3));
  const auto curve = d.Curve(101);
  ASSERT_EQ(curve.size(), 101);
  EXPECT_EQ(curve.front().score, d.scores().front());
  EXPECT_DOUBLE_EQ(curve.back().score, d.scores().back());
  EXPECT_DOUBLE_EQ(curve[50].score, (d.scores().front() + d.scores().back()) / 2);
  for (const auto& [score, density, cdf] : curve) {
    EXPECT_NEAR(density, d.Density(score), 1e-5 / d.bandwidth());
    EXPECT_NEAR(cdf, d.Cdf(score), 1e-6);
  }
  EXPECT_TRUE(d.Curve(0).empty());
  EXPECT_EQ(d.Curve(1).front().score, d.scores().front());
}

TEST(ScoreDistributionTest, PValueAtTheThresholdIsAlpha) {
  const ScoreDistribution d = Fit(SkewedScores(3000, 4));
  for (const double alpha : {0.001, 0.01, 0.1, 0.5, 0.9}) {
    EXPECT_NEAR(d.PValue(*d.Threshold(alpha)), alpha, 1e-6);
  }
  EXPECT_EQ(d.PValue(kInfinity), 0);
}

TEST(WithoutHighestTest, LeavesOutTheShareRoundedDown) {
  std::vector<double> kept = WithoutHighest({5, 1, 4, 2, 3}, 0.5);
  std::ranges::sort(kept);
  EXPECT_EQ(kept, (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(WithoutHighest({5, 1, 4}, 0).size(), 3);
  EXPECT_EQ(WithoutHighest({5, 1, 4}, 0.3).size(), 3);
}

TEST(WithoutHighestTest, ANanStays) {
  for (const size_t place : {0, 1, 2, 3, 4, 5}) {
    std::vector<double> scores = {1, 2, 3, 4, 5, 6};
    scores[place] = std::numeric_limits<double>::quiet_NaN();
    EXPECT_THAT(ScoreDistribution::Fit(WithoutHighest(scores, 0.5)).status(),
                StatusIs(kInvalid, HasSubstr("nan")));
  }
}

TEST(ValidateTrimmedShareTest, TakesUpToHalf) {
  EXPECT_THAT(ValidateTrimmedShare(0), testing::IsOk());
  EXPECT_THAT(ValidateTrimmedShare(0.5), testing::IsOk());
  for (const double share : {-0.1, 0.51, static_cast<double>(NAN)}) {
    EXPECT_THAT(ValidateTrimmedShare(share),
                testing::StatusIs(absl::StatusCode::kInvalidArgument,
                                  ::testing::HasSubstr("expected a share from 0 to 0.5")));
  }
}

}  // namespace
}  // namespace advae
