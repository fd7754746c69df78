#include "model/data/alarm_band.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <ostream>
#include <random>
#include <vector>

#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using testing::StatusIs;

struct BandCase {
  const char* name;
  double alpha;
  uint64_t training_scores;
  uint64_t normal_rows;
  AlarmBand band;
};
void PrintTo(const BandCase& test_case, std::ostream* out) { *out << test_case.name; }

class GoldenBandTest : public ::testing::TestWithParam<BandCase> {};

// From the cumulative sums of scipy.stats.betabinom.pmf.
TEST_P(GoldenBandTest, EqualsScipy) {
  ASSERT_OK_AND_ASSIGN(
      const AlarmBand band,
      ExpectedAlarms(GetParam().alpha, GetParam().training_scores, GetParam().normal_rows));
  EXPECT_EQ(band.low, GetParam().band.low);
  EXPECT_EQ(band.high, GetParam().band.high);
}

INSTANTIATE_TEST_SUITE_P(
    All, GoldenBandTest,
    ::testing::Values(BandCase{"Letter", 0.1, 1200, 300, {16, 46}},
                      BandCase{"Cardio", 0.05, 1324, 331, {6, 29}},
                      BandCase{"Pen", 0.01, 5371, 1343, {4, 25}},
                      BandCase{"RareAlarms", 0.001, 7756, 1939, {0, 7}},
                      BandCase{"FewScoresManyRows", 0.1, 100, 100000, {3879, 19049}},
                      BandCase{"MillionRows", 0.1, 1000000, 1000000, {98909, 101095}},
                      BandCase{"TwoScores", 0.1, 2, 10000, {0, 7383}},
                      BandCase{"ModeBelowTheBand", 0.33, 2, 10000, {23, 9279}},
                      BandCase{"AlphaNearOne", 0.999, 2, 10000, {9539, 10000}},
                      BandCase{"AlarmsAreUsual", 0.9, 20, 7, {3, 7}},
                      BandCase{"OneRow", 0.5, 3, 1, {0, 1}},
                      BandCase{"NoAlarmExpected", 1e-6, 1000000, 1000, {0, 0}},
                      BandCase{"NoRows", 0.1, 1200, 0, {0, 0}}),
    [](const auto& test) { return test.param.name; });

double LogBeta(double x, double y) { return std::lgamma(x) + std::lgamma(y) - std::lgamma(x + y); }

// Every probability by itself: C(n, k) B(k + a, n - k + b) / B(a, b).
AlarmBand BandByDefinition(double alpha, double m, double n) {
  const double a = alpha * (m + 1);
  const double b = (1 - alpha) * (m + 1);
  AlarmBand band = {.low = static_cast<uint64_t>(n), .high = static_cast<uint64_t>(n)};
  double cdf = 0;
  for (double k = 0; k <= n; ++k) {
    const double choose = -std::log(n + 1) - LogBeta(k + 1, n - k + 1);
    cdf += std::exp(choose + LogBeta(k + a, n - k + b) - LogBeta(a, b));
    if (cdf >= 0.005) band.low = std::min(band.low, static_cast<uint64_t>(k));
    if (cdf >= 0.995) band.high = std::min(band.high, static_cast<uint64_t>(k));
  }
  return band;
}

TEST(ExpectedAlarmsTest, EqualsTheSumOfItsDefinition) {
  for (const double alpha : {0.5, 0.1, 0.05, 0.01, 0.001, 0.97}) {
    for (const uint64_t m : {2, 3, 10, 57, 400, 5000}) {
      for (const uint64_t n : {1, 2, 9, 33, 350, 1801}) {
        ASSERT_OK_AND_ASSIGN(const AlarmBand band, ExpectedAlarms(alpha, m, n));
        const AlarmBand expected =
            BandByDefinition(alpha, static_cast<double>(m), static_cast<double>(n));
        EXPECT_EQ(band.low, expected.low) << alpha << " " << m << " " << n;
        EXPECT_EQ(band.high, expected.high) << alpha << " " << m << " " << n;
      }
    }
  }
}

// Alarms at the score that alpha (m + 1) training scores reach, of scores that are all alike.
TEST(ExpectedAlarmsTest, HoldsNinetyNinePercentOfExchangeableScores) {
  constexpr size_t kTrainingScores = 99;
  constexpr size_t kRows = 60;
  constexpr int kTrials = 4000;
  ASSERT_OK_AND_ASSIGN(const AlarmBand band, ExpectedAlarms(0.1, kTrainingScores, kRows));
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> score;
  int inside = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> training(kTrainingScores);
    std::ranges::generate(training, [&] { return score(random); });
    std::ranges::sort(training, std::greater());
    uint64_t alarms = 0;
    for (size_t i = 0; i < kRows; ++i) alarms += score(random) >= training[9] ? 1 : 0;
    inside += band.Contains(alarms) ? 1 : 0;
  }
  EXPECT_GE(inside, 0.985 * kTrials);
  EXPECT_LT(inside, kTrials);
}

TEST(ExpectedAlarmsTest, ContainsItsEnds) {
  constexpr AlarmBand kBand = {.low = 2, .high = 4};
  EXPECT_FALSE(kBand.Contains(1));
  EXPECT_TRUE(kBand.Contains(2));
  EXPECT_TRUE(kBand.Contains(4));
  EXPECT_FALSE(kBand.Contains(5));
}

TEST(ExpectedAlarmsTest, RejectsWhatHasNoBand) {
  constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
  for (const double alpha : {0.0, 1.0, -0.1, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_THAT(ExpectedAlarms(alpha, 10, 10), StatusIs(kInvalid, HasSubstr("between 0 and 1")));
  }
  EXPECT_THAT(ExpectedAlarms(0.1, 1, 10), StatusIs(kInvalid, HasSubstr("two training scores")));
}

TEST(CanTellAlarmRateTest, NeedsAnExpectedAlarm) {
  EXPECT_TRUE(CanTellAlarmRate(0.001, 1000, 1000));
  EXPECT_FALSE(CanTellAlarmRate(0.001, 999, 5000));
  EXPECT_FALSE(CanTellAlarmRate(0.001, 5000, 999));
  EXPECT_TRUE(CanTellAlarmRate(0.1, 54, 13));
}

}  // namespace
}  // namespace advae
