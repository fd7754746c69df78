#include "client/cli/report/report_sections.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace advae {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::Pair;

TEST(RowsTable, ShowsLabelsAndFeatures) {
  ScoredRow row{.index = 7, .score = 4, .p_value = 0.01234, .is_anomaly = true, .label = false};
  row.sent.matrix.values.assign({1.5F, 20});
  row.sent.matrix.columns = 2;
  v1::FeatureContribution& contribution = *row.explanation.add_contributions();
  contribution.set_feature(1);
  contribution.set_name("heat");
  contribution.set_contribution(3);
  contribution.set_expected(18.25);
  const ReportTable table = RowsTable({row});
  EXPECT_THAT(table.columns, ElementsAre("row", "score", "p-value", "label", "verdict",
                                         "largest share", "second", "third"));
  ASSERT_EQ(table.rows.size(), 1);
  EXPECT_THAT(table.rows[0], ElementsAre("7", "4", "0.0123", "normal", "anomaly",
                                         "heat = 20: 75 %, expected 18.25", "", ""));
}

TEST(RowsTable, HasNoLabelsWhereThereAreNone) {
  const ReportTable table = RowsTable({{.index = 0, .score = 0}});
  EXPECT_EQ(table.columns.size(), 7);
  EXPECT_THAT(table.rows[0], ElementsAre("0", "0", "0", "normal", "", "", ""));
}

TEST(RowsTable, ShowsKeys) {
  const ReportTable table =
      RowsTable({{.index = 3, .sent = {.keys = {"12:00", "p1"}}}}, {"time", "id"});
  EXPECT_THAT(table.columns, ElementsAre("row", "time", "id", "score", "p-value", "verdict",
                                         "largest share", "second", "third"));
  EXPECT_THAT(table.rows[0], ElementsAre("3", "12:00", "p1", "0", "0", "normal", "", "", ""));
}

TEST(AlarmLine, GoesFromOneRowToAll) {
  const ChartLine line = AlarmLine("rows", {0.005, 0.5, 0.6, 1});
  EXPECT_EQ(line.name, "rows");
  EXPECT_THAT(line.points.front(), Pair(DoubleEq(0.25), 0.25));
  EXPECT_THAT(line.points.back(), Pair(1, 1));
}

TEST(Short, HasFourDigits) {
  EXPECT_EQ(Short(0.0123456), "0.01235");
  EXPECT_EQ(Short(1234567), "1.235e+06");
  EXPECT_EQ(Short(10), "10");
}

}  // namespace
}  // namespace advae
