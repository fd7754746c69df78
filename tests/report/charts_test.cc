#include "report/charts.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace advae {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(Thinned, KeepsEndsAndWhatIsFarFromTheLastPointKept) {
  EXPECT_THAT(Thinned({{0, 0}, {0.001, 0}, {0.002, 0}, {0.003, 0}, {0.5, 1}, {0.5, 1.001}}),
              ElementsAre(Pair(0, 0), Pair(0.003, 0), Pair(0.5, 1), Pair(0.5, 1.001)));
  EXPECT_THAT(Thinned({}), IsEmpty());
  EXPECT_THAT(Thinned({{1, 1}}), ElementsAre(Pair(1, 1)));
}

TEST(Thinned, MakesAMillionPointsHundredsAndKeepsTheShape) {
  std::vector<ChartPoint> curve;
  constexpr int kPoints = 1'000'000;
  for (int i = 0; i <= kPoints; ++i) {
    const double x = static_cast<double>(i) / kPoints;
    curve.emplace_back(x, std::pow(x, 0.1));
  }
  const std::vector<ChartPoint> thinned = Thinned(curve);
  EXPECT_LE(thinned.size(), 802);
  for (const double x : {0.00001, 0.001, 0.1, 0.9}) {
    EXPECT_NEAR(Interpolated(thinned, x), std::pow(x, 0.1), 1.0 / 400);
  }
}

TEST(Interpolated, IsLinearBetweenPointsAndConstantOutside) {
  const std::vector<ChartPoint> curve = {{1, 10}, {2, 20}, {4, 0}};
  EXPECT_EQ(Interpolated(curve, 0), 10);
  EXPECT_EQ(Interpolated(curve, 1), 10);
  EXPECT_EQ(Interpolated(curve, 1.5), 15);
  EXPECT_EQ(Interpolated(curve, 3.5), 5);
  EXPECT_EQ(Interpolated(curve, 9), 0);
  EXPECT_EQ(Interpolated({{1, 10}}, 5), 10);
}

TEST(CalibrationChart, HasTheLineOfExactShares) {
  const LineChart linear = CalibrationChart("c", {{.name = "a", .points = {{0.1, 0.2}}}}, 0, 0.5);
  ASSERT_EQ(linear.lines.size(), 2);
  EXPECT_THAT(linear.lines[0].points, ElementsAre(Pair(0, 0), Pair(0.5, 0.5)));
  EXPECT_FALSE(linear.logarithmic_x);
  const LineChart logarithmic = CalibrationChart("c", {}, 0.01, 1);
  EXPECT_THAT(logarithmic.lines[0].points, ElementsAre(Pair(0.01, 0.01), Pair(1, 1)));
  EXPECT_TRUE(logarithmic.logarithmic_x);
  EXPECT_TRUE(logarithmic.logarithmic_y);
}

TEST(RankingCharts, HaveCurveThresholdAndChance) {
  const LineChart roc = RocChart({{0, 0}, {0.25, 0.75}, {1, 1}}, {0.1, 0.5});
  ASSERT_EQ(roc.lines.size(), 3);
  EXPECT_EQ(roc.lines[0].points.size(), 3);
  EXPECT_THAT(roc.lines[1].points, ElementsAre(Pair(0.1, 0.5)));
  EXPECT_THAT(roc.lines[2].points, ElementsAre(Pair(0, 0), Pair(1, 1)));
  const LineChart precision = PrecisionRecallChart({{0, 1}, {1, 0.2}}, {0.5, 0.6}, 0.2);
  ASSERT_EQ(precision.lines.size(), 3);
  EXPECT_THAT(precision.lines[2].points, ElementsAre(Pair(0, DoubleEq(0.2)), Pair(1, 0.2)));
}

}  // namespace
}  // namespace advae
