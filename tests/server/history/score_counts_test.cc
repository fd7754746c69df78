#include "server/history/score_counts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <vector>

namespace advae {
namespace {

v1::ScoreResponse ResponseOf(const std::vector<std::tuple<double, double, bool>>& rows) {
  v1::ScoreResponse response;
  for (const auto& [score, p_value, anomaly] : rows) {
    response.add_scores(score);
    response.add_p_values(p_value);
    response.add_anomalies(anomaly);
  }
  return response;
}

TEST(ScoreCountsTest, CountsRowsAndAlarmsButNotRowsWithoutAScore) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  ScoreCounts counts;
  counts.CountRows(
      ResponseOf({{1, 0.5, false}, {9, 0.01, true}, {kNan, kNan, true}, {kInfinity, 0, true}}));
  EXPECT_EQ(counts.rows, 3);
  EXPECT_EQ(counts.alarms, 2);
  EXPECT_EQ(counts.unscored, 1);
}

TEST(ScoreCountsTest, CountsAlarmsByTheThresholdInForce) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  const v1::ScoreResponse response =
      ResponseOf({{1, 0.5, true}, {2, 0.1, true}, {9, 0.01, true}, {kNan, kNan, true}});
  ScoreCounts counts;
  v1::ThresholdRecord in_force;
  in_force.set_threshold(2);
  in_force.set_alpha(0.25);
  counts.CountRows(response, &in_force);
  EXPECT_EQ(counts.rows, 3);
  EXPECT_EQ(counts.alarms, 2);
  EXPECT_EQ(counts.expected_alarms, 0.75);
}

// Also where alpha has changed in between.
TEST(ScoreCountsTest, ExpectsAlarmsBySignificance) {
  v1::ScoreResponse response = ResponseOf({{1, 0.5, false}, {9, 0.01, true}});
  ScoreCounts counts, later;
  response.set_alpha(0.5);
  counts.CountRows(response);
  response.set_alpha(0.125);
  later.CountRows(response);
  counts += later;
  EXPECT_EQ(counts.expected_alarms, 1.25);
}

// Bin i has (edge i - 1, edge i], so that a sum up to an edge counts what has at most that p-value.
TEST(ScoreCountsTest, APValueOnAnEdgeBelongsToTheBinBelow) {
  for (size_t i = 0; i < kPValueEdges.size(); ++i) {
    const double edge = kPValueEdges[i];
    ScoreCounts counts;
    counts.CountRows(ResponseOf({{1, edge, false}, {1, std::nextafter(edge, 0), false}}));
    EXPECT_EQ(counts.p_values[i], 2) << edge;
    if (i + 1 == kPValueEdges.size()) break;
    counts.CountRows(ResponseOf({{1, std::nextafter(edge, 1), false}}));
    EXPECT_EQ(counts.p_values[i + 1], 1) << edge;
  }
}

TEST(ScoreCountsTest, EdgesAscendAndHaveEveryTwentieth) {
  for (size_t i = 1; i < kPValueEdges.size(); ++i) EXPECT_LT(kPValueEdges[i - 1], kPValueEdges[i]);
  for (int i = 1; i <= 20; ++i) {
    EXPECT_NE(std::find(kPValueEdges.begin(), kPValueEdges.end(), i * 5 / 100.0),
              kPValueEdges.end())
        << i;
  }
}

TEST(ScoreCountsTest, QuantilesAreTheEdgesOfTheirBins) {
  ScoreCounts counts;
  EXPECT_EQ(counts.LatencyQuantile(0.5), absl::ZeroDuration());
  for (int i = 0; i < 99; ++i) counts.CountRequest(absl::Microseconds(15));
  counts.CountRequest(absl::Milliseconds(3));
  EXPECT_EQ(counts.requests, 100);
  // 10 us * 2 and 10 us * 2^(17/2).
  EXPECT_NEAR(absl::ToDoubleSeconds(counts.LatencyQuantile(0.5)), 20e-6, 1e-9);
  EXPECT_NEAR(absl::ToDoubleSeconds(counts.LatencyQuantile(0.99)), 20e-6, 1e-9);
  EXPECT_NEAR(absl::ToDoubleSeconds(counts.LatencyQuantile(1)), 3.62e-3, 1e-5);
}

TEST(ScoreCountsTest, LatenciesBeyondTheBinsAreInTheOutermost) {
  ScoreCounts counts;
  counts.CountRequest(absl::ZeroDuration());
  EXPECT_EQ(counts.LatencyQuantile(1), ScoreCounts::LatencyEdge(0));
  counts.CountRequest(absl::Hours(1));
  EXPECT_EQ(counts.LatencyQuantile(1), ScoreCounts::LatencyEdge(ScoreCounts::kLatencyBins - 1));
}

TEST(ScoreCountsTest, CountsAddUp) {
  ScoreCounts one;
  one.CountRows(ResponseOf({{1, 0.5, false}}));
  one.CountRequest(absl::Milliseconds(1));
  ScoreCounts other;
  other.CountRows(ResponseOf({{9, 0.5, true}}));
  other.CountRequest(absl::Milliseconds(1));
  one += other;
  EXPECT_EQ(one.requests, 2);
  EXPECT_EQ(one.rows, 2);
  EXPECT_EQ(one.alarms, 1);
  uint64_t rows = 0;
  for (const uint32_t count : one.p_values) rows += count;
  EXPECT_EQ(rows, 2);
}

}  // namespace
}  // namespace advae
