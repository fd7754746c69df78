#include "client/cli/report/row_charts.h"

#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(ScoresByRow, HasEveryRowOfAShortFile) {
  const LineChart chart = ScoresByRow({.labels = {},
                                       .scores = {1, 3, kInfinity, 2},
                                       .p_values = {},
                                       .anomalies = {false, true, true, false},
                                       .threshold = 2.5,
                                       .alpha = 0.1});
  ASSERT_EQ(chart.lines.size(), 3);
  EXPECT_EQ(chart.lines[0].name, "score");
  EXPECT_THAT(chart.lines[0].points, ElementsAre(Pair(0, 1), Pair(1, 3), Pair(3, 2)));
  EXPECT_TRUE(chart.lines[1].dots);
  EXPECT_THAT(chart.lines[1].points, ElementsAre(Pair(1, 3)));
  EXPECT_THAT(chart.lines[2].points, ElementsAre(Pair(0, 2.5), Pair(3, 2.5)));
}

TEST(ScoresByRow, HasTheLargestScoresOfALongFile) {
  ScoredRows rows{.labels = {},
                  .scores = std::vector<double>(5000, 1),
                  .p_values = {},
                  .anomalies = std::vector<bool>(5000, false),
                  .threshold = 2,
                  .alpha = 0.1};
  rows.scores[7] = 9;
  rows.anomalies[7] = true;
  const LineChart chart = ScoresByRow(rows);
  EXPECT_EQ(chart.lines[0].name, "largest score of 3 rows");
  EXPECT_EQ(chart.lines[0].points.size(), 1667);  // 5000 / 3, rounded up
  EXPECT_THAT(chart.lines[0].points[2], Pair(7, 9));
  EXPECT_THAT(chart.lines[1].points, ElementsAre(Pair(7, 9)));
}

ScoredRow Row(size_t index, std::vector<float> values) {
  ScoredRow row{.index = index, .score = 10, .sent = {.row_numbers = {index}}};
  row.sent.matrix.columns = values.size();
  row.sent.matrix.values = std::move(values);
  return row;
}

void Explain(ScoredRow& row, uint32_t feature, const std::string& name, double contribution) {
  v1::FeatureContribution& part = *row.explanation.add_contributions();
  part.set_feature(feature);
  part.set_name(name);
  part.set_contribution(contribution);
  part.set_expected(0.5);
}

TEST(FeatureCharts, ShowActualBesideExpectedWhereAFeatureMatters) {
  std::vector<ScoredRow> odd = {Row(4, {1, 2}), Row(9, {3, 4})};
  Explain(odd[0], 0, "flow", 1);
  Explain(odd[0], 1, "heat", 6);
  Explain(odd[1], 1, "heat", 6);
  const std::vector<LineChart> charts = FeatureCharts(odd, {Row(0, {7, 8}), Row(4, {1, 2})});
  ASSERT_EQ(charts.size(), 2);
  EXPECT_EQ(charts[0].title, "heat");  // has the larger share
  EXPECT_TRUE(charts[0].compact);
  EXPECT_THAT(charts[0].lines[0].points, ElementsAre(Pair(0, 8), Pair(4, 2)));
  EXPECT_THAT(charts[0].lines[1].points, ElementsAre(Pair(4, 2), Pair(9, 4)));
  EXPECT_THAT(charts[0].lines[2].points, ElementsAre(Pair(4, 0.5), Pair(9, 0.5)));
  EXPECT_EQ(charts[1].title, "flow");
  EXPECT_THAT(charts[1].lines[1].points, ElementsAre(Pair(4, 1)));
}

TEST(FeatureCharts, LeaveOutWhatIsNoNumber) {
  std::vector<ScoredRow> odd = {
      Row(0, {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})};
  Explain(odd[0], 0, "flow", 1);
  Explain(odd[0], 1, "heat", 1);
  EXPECT_THAT(FeatureCharts(odd, {}), IsEmpty());
  EXPECT_THAT(FeatureCharts({}, {}), IsEmpty());
}

TEST(FeatureCharts, AreAtMostTwelve) {
  std::vector<ScoredRow> odd = {Row(0, std::vector<float>(20, 1))};
  for (uint32_t i = 0; i < 20; ++i) Explain(odd[0], i, std::string(1, 'a' + i), i);
  const std::vector<LineChart> charts = FeatureCharts(odd, {});
  ASSERT_EQ(charts.size(), 12);
  EXPECT_EQ(charts.front().title, "t");
}

}  // namespace
}  // namespace advae
