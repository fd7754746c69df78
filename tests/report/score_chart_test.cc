#include "report/score_chart.h"

#include <algorithm>
#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace advae {
namespace {

double Sum(const ChartLine& line) {
  double sum = 0;
  for (const auto& [x, y] : line.points) sum += y;
  return sum;
}

// The histogram's height at `x`.
double HeightAt(const ChartLine& histogram, double x) {
  double height = 0;
  for (const auto& [edge, share] : histogram.points) {
    if (edge <= x) height = share;
  }
  return height;
}

TEST(ScoreChart, CountsEachGroupForItself) {
  const LineChart chart = ScoreChart({.groups = {{.name = "normal", .scores = {1, 1, 1, 2}},
                                                 {.name = "anomalies", .scores = {50, 100}}},
                                      .threshold = 10,
                                      .alpha = 0.1});
  ASSERT_EQ(chart.lines.size(), 3);
  EXPECT_TRUE(chart.logarithmic_x);
  EXPECT_DOUBLE_EQ(*chart.x_min, 1);
  EXPECT_DOUBLE_EQ(*chart.x_max, 100);
  EXPECT_DOUBLE_EQ(HeightAt(chart.lines[0], 1.01), 0.75);
  EXPECT_DOUBLE_EQ(HeightAt(chart.lines[1], 1.01), 0);
  EXPECT_DOUBLE_EQ(HeightAt(chart.lines[1], 99), 0.5);
  EXPECT_DOUBLE_EQ(Sum(chart.lines[0]), 1);
  EXPECT_DOUBLE_EQ(Sum(chart.lines[1]), 1);
  EXPECT_EQ(chart.lines[2].name, "threshold s_alpha = 10, alpha = 0.1");
  EXPECT_EQ(chart.lines[2].points.front(), ChartPoint(10, 0));
}

TEST(ScoreChart, DrawsTheDensityOnTheHistogramsScale) {
  // Uniform between 1 and 2: scores and distribution function agree, and so do the lines.
  ScoreChartData data{.groups = {{.name = "rows", .scores = {}}}, .threshold = 1.9, .alpha = 0.1};
  for (int i = 0; i <= 100'000; ++i) {
    data.groups[0].scores.push_back(1 + i / 1e5);
    if (i % 100 == 0) data.training_cdf.emplace_back(1 + i / 1e5, i / 1e5);
  }
  const LineChart chart = ScoreChart(data);
  ASSERT_EQ(chart.lines.size(), 3);
  // Points of the density lie at the middle of bins, too, but for the first and last bin.
  const ChartLine& density = chart.lines[1];
  for (size_t i = 6; i + 6 < density.points.size(); i += 4) {
    const auto [x, share] = density.points[i];
    EXPECT_NEAR(HeightAt(chart.lines[0], x), share, 1e-4) << x;
  }
}

TEST(ScoreChart, KeepsTheBodyVisibleBesideExtremes) {
  const LineChart chart = ScoreChart(
      {.groups = {{.name = "rows", .scores = {0, 1e-30, 1, 1, 1e12}}}, .threshold = 2, .alpha = 1});
  EXPECT_DOUBLE_EQ(*chart.x_min, 0.002);
  EXPECT_DOUBLE_EQ(*chart.x_max, 1e12);
  const ChartLine& rows = chart.lines[0];
  EXPECT_LE(rows.points.size(), 122);
  EXPECT_DOUBLE_EQ(HeightAt(rows, 0.002), 0.4);
  EXPECT_DOUBLE_EQ(HeightAt(rows, 1), 0.4);
}

TEST(ScoreChart, ManagesWithoutSpread) {
  for (const double score : {0.0, 3.0}) {
    const LineChart chart = ScoreChart({.groups = {{.name = "rows", .scores = {score}}},
                                        .training_cdf = {{score, 0.5}},
                                        .threshold = score,
                                        .alpha = 0.1});
    EXPECT_DOUBLE_EQ(Sum(chart.lines[0]), 1);
    for (const ChartLine& line : chart.lines) {
      for (const auto& [x, y] : line.points) {
        EXPECT_TRUE(std::isfinite(x));
        EXPECT_TRUE(std::isfinite(y));
      }
    }
    EXPECT_LT(*chart.x_min, *chart.x_max);
  }
}

}  // namespace
}  // namespace advae
