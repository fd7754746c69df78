#include "model/scoring/latent_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;
using testing::StatusIs;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

v1::LatentPlanSpec Spec(v1::Sampler sampler, uint32_t samples) {
  v1::LatentPlanSpec spec;
  spec.set_sampler(sampler);
  spec.set_samples(samples);
  return spec;
}

LatentPlan Draw(const v1::LatentPlanSpec& spec, size_t latent_size, uint64_t seed = 1) {
  const absl::StatusOr<LatentPlan> plan = DrawLatentPlan(spec, latent_size, seed);
  EXPECT_THAT(plan, testing::IsOk());
  return *plan;
}

std::vector<double> Column(const LatentPlan& plan, size_t j) {
  std::vector<double> column;
  for (size_t l = 0; l < plan.samples; ++l) column.push_back(plan.point(l)[j]);
  return column;
}

double NormalCdf(double x) { return std::erfc(-x / std::numbers::sqrt2) / 2; }

// Largest distance between the empirical CDF of `values` and the normal CDF.
double DistanceFromNormal(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const double count = static_cast<double>(values.size());
  double distance = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const double middle = (static_cast<double>(i) + 0.5) / count;
    distance = std::max(distance, std::abs(NormalCdf(values[i]) - middle) + 0.5 / count);
  }
  return distance;
}

TEST(ResolveLatentPlanSpecTest, FillsDefaults) {
  ASSERT_OK_AND_ASSIGN(const v1::LatentPlanSpec sobol, ResolveLatentPlanSpec({}, 1));
  EXPECT_EQ(sobol.sampler(), v1::SAMPLER_SOBOL);
  EXPECT_EQ(sobol.samples(), 64);
  EXPECT_TRUE(sobol.has_seed());

  v1::LatentPlanSpec monte_carlo;
  monte_carlo.set_sampler(v1::SAMPLER_MONTE_CARLO);
  ASSERT_OK_AND_ASSIGN(monte_carlo, ResolveLatentPlanSpec(monte_carlo, 1));
  EXPECT_EQ(monte_carlo.samples(), 1000);
}

TEST(ResolveLatentPlanSpecTest, KeepsWhatIsSet) {
  v1::LatentPlanSpec spec = Spec(v1::SAMPLER_MONTE_CARLO, 17);
  spec.set_seed(0);
  ASSERT_OK_AND_ASSIGN(const v1::LatentPlanSpec resolved, ResolveLatentPlanSpec(spec, 1));
  EXPECT_EQ(resolved.SerializeAsString(), spec.SerializeAsString());
}

TEST(ResolveLatentPlanSpecTest, DerivesDifferentSeeds) {
  ASSERT_OK_AND_ASSIGN(const v1::LatentPlanSpec one, ResolveLatentPlanSpec({}, 1));
  ASSERT_OK_AND_ASSIGN(const v1::LatentPlanSpec two, ResolveLatentPlanSpec({}, 2));
  EXPECT_EQ(one.seed(), 626271209862438264);  // computed independently
  EXPECT_NE(one.seed(), two.seed());
}

TEST(ResolveLatentPlanSpecTest, RejectsBadSamplesAndSamplers) {
  EXPECT_THAT(ResolveLatentPlanSpec(Spec(v1::SAMPLER_SOBOL, 0), 1),
              StatusIs(kInvalid, HasSubstr("1 to 65536 samples, got 0")));
  EXPECT_THAT(ResolveLatentPlanSpec(Spec(v1::SAMPLER_SOBOL, 65537), 1),
              StatusIs(kInvalid, HasSubstr("got 65537")));
  EXPECT_THAT(ResolveLatentPlanSpec(Spec(static_cast<v1::Sampler>(9), 1), 1),
              StatusIs(kInvalid, HasSubstr("unknown sampler 9")));
}

TEST(DrawLatentPlanTest, RejectsBadLatentSizes) {
  EXPECT_THAT(DrawLatentPlan({}, 0, 1), StatusIs(kInvalid, HasSubstr("latent size 0")));
  EXPECT_THAT(DrawLatentPlan(Spec(v1::SAMPLER_SOBOL, 65536), 257, 1),
              StatusIs(kInvalid, HasSubstr("65536 samples of latent size 257")));
  EXPECT_THAT(DrawLatentPlan(Spec(v1::SAMPLER_SOBOL, 0), 4, 1),
              StatusIs(kInvalid, HasSubstr("samples")));
}

TEST(DrawLatentPlanTest, HasTheShapeItWasAskedFor) {
  const LatentPlan plan = Draw(Spec(v1::SAMPLER_MONTE_CARLO, 7), 3);
  EXPECT_EQ(plan.samples, 7);
  EXPECT_EQ(plan.latent_size, 3);
  EXPECT_EQ(plan.points.size(), 21);
  EXPECT_EQ(plan.point(2), plan.points.data() + 6);
  EXPECT_TRUE(plan.spec.has_seed());
}

TEST(DrawLatentPlanTest, RepeatsItself) {
  for (const v1::Sampler sampler : {v1::SAMPLER_MONTE_CARLO, v1::SAMPLER_SOBOL}) {
    const LatentPlan plan = Draw(Spec(sampler, 33), 5, 7);
    EXPECT_EQ(plan.points, Draw(Spec(sampler, 33), 5, 7).points);
    EXPECT_EQ(plan.points, Draw(plan.spec, 5, 8).points) << "the spec's own seed wins";
    EXPECT_NE(plan.points, Draw(Spec(sampler, 33), 5, 8).points);
  }
}

// Computed independently, in Python: the Mersenne Twister's bits, or the first Sobol points
// (0, 0), (1/2, 1/2), (3/4, 1/4) shifted by its first two numbers, through
// statistics.NormalDist().inv_cdf and then to mean 0 and variance 1.
TEST(DrawLatentPlanTest, GoldenValues) {
  const auto draw = [](v1::Sampler sampler) {
    v1::LatentPlanSpec spec = Spec(sampler, 3);
    spec.set_seed(5);
    return Draw(spec, 2).points;
  };
  EXPECT_THAT(draw(v1::SAMPLER_MONTE_CARLO),
              Pointwise(FloatNear(2e-7f), {1.33960835f, -0.93611269f, -0.27726488f, 1.38608128f,
                                           -1.06234347f, -0.44996858f}));
  EXPECT_THAT(draw(v1::SAMPLER_SOBOL),
              Pointwise(FloatNear(2e-7f), {1.19259138f, -1.32696876f, -1.25454667f, 1.08699995f,
                                           0.06195530f, 0.23996881f}));
}

class SamplerTest : public ::testing::TestWithParam<v1::Sampler> {};

TEST_P(SamplerTest, EveryDimensionIsStandardNormal) {
  const LatentPlan plan = Draw(Spec(GetParam(), 1024), 20);
  for (size_t j = 0; j < plan.latent_size; ++j) {
    SCOPED_TRACE(j);
    double mean = 0;
    double square = 0;
    double cube = 0;
    double fourth = 0;
    for (const double value : Column(plan, j)) {
      mean += value / 1024;
      square += value * value / 1024;
      cube += std::pow(value, 3) / 1024;
      fourth += std::pow(value, 4) / 1024;
    }
    EXPECT_NEAR(mean, 0, 1e-7);
    EXPECT_NEAR(square, 1, 1e-6);
    EXPECT_NEAR(cube, 0, 0.4);
    EXPECT_NEAR(fourth, 3, 0.8);
    EXPECT_LT(DistanceFromNormal(Column(plan, j)), 0.04);
  }
}

TEST_P(SamplerTest, DimensionsAreUncorrelated) {
  const LatentPlan plan = Draw(Spec(GetParam(), 4096), 8);
  for (size_t i = 0; i < plan.latent_size; ++i) {
    for (size_t j = 0; j < i; ++j) {
      double product = 0;
      for (size_t l = 0; l < plan.samples; ++l) product += plan.point(l)[i] * plan.point(l)[j];
      EXPECT_NEAR(product / 4096, 0, 0.07) << i << " and " << j;
    }
  }
}

TEST_P(SamplerTest, SmallPlansAreFinite) {
  for (uint32_t samples = 1; samples < 20; ++samples) {
    for (const float value : Draw(Spec(GetParam(), samples), 9).points) {
      EXPECT_TRUE(std::isfinite(value)) << samples;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(DrawLatentPlanTest, SamplerTest,
                         ::testing::Values(v1::SAMPLER_MONTE_CARLO, v1::SAMPLER_SOBOL),
                         [](const auto& info) { return v1::Sampler_Name(info.param); });

TEST(SobolPlanTest, FillsEveryDimensionEvenly) {
  const LatentPlan plan = Draw(Spec(v1::SAMPLER_SOBOL, 1024), 30);
  for (size_t j = 0; j < plan.latent_size; ++j) {
    // One point in each of 1,024 equal shares, but for the small shift of moment matching; random
    // draws are about 0.03 off.
    EXPECT_LT(DistanceFromNormal(Column(plan, j)), 0.003) << j;
  }
}

TEST(SobolPlanTest, IsBalancedInPairsOfDimensions) {
  const LatentPlan plan = Draw(Spec(v1::SAMPLER_SOBOL, 256), 12);
  for (size_t i = 0; i < plan.latent_size; ++i) {
    for (size_t j = 0; j < i; ++j) {
      int both_positive = 0;
      for (size_t l = 0; l < plan.samples; ++l) {
        both_positive += plan.point(l)[i] > 0 && plan.point(l)[j] > 0;
      }
      EXPECT_NEAR(both_positive, 64, 3) << i << " and " << j;
    }
  }
}

TEST(SobolPlanTest, IntegratesBetterThanRandomDraws) {
  // E[exp(a . z)] = exp(|a|^2 / 2) for a = (0.3, ..., 0.3).
  const auto error = [](v1::Sampler sampler, uint64_t seed) {
    const LatentPlan plan = Draw(Spec(sampler, 512), 6, seed);
    double sum = 0;
    for (size_t l = 0; l < plan.samples; ++l) {
      double exponent = 0;
      for (size_t j = 0; j < 6; ++j) exponent += 0.3 * plan.point(l)[j];
      sum += std::exp(exponent);
    }
    return std::abs(sum / 512 - std::exp(6 * 0.09 / 2));
  };
  double sobol = 0;
  double monte_carlo = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    sobol += error(v1::SAMPLER_SOBOL, seed);
    monte_carlo += error(v1::SAMPLER_MONTE_CARLO, seed);
  }
  EXPECT_LT(sobol, monte_carlo / 2);
}

TEST(SobolPlanTest, DrawsDimensionsBeyondTheTablesIndependently) {
  const LatentPlan plan = Draw(Spec(v1::SAMPLER_SOBOL, 256), 3700);
  EXPECT_LT(DistanceFromNormal(Column(plan, 3666)), 0.02);
  EXPECT_LT(DistanceFromNormal(Column(plan, 3699)), 0.15);
  EXPECT_NE(Column(plan, 3698), Column(plan, 3699));
}

}  // namespace
}  // namespace advae
