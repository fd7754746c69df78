#include "client/cli/report/false_alarms.h"

#include <string>
#include <vector>

#include "client/cli/report/report_sections.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/data/alarm_band.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using testing::StatusIs;

std::string Range(double alpha, uint64_t training_scores, uint64_t rows) {
  const AlarmBand band = *ExpectedAlarms(alpha, training_scores, rows);
  return std::to_string(band.low) + " to " + std::to_string(band.high);
}

// P-values that are evenly spread over (0, 1).
std::vector<double> EvenPValues(size_t count) {
  std::vector<double> p_values;
  for (size_t i = 0; i < count; ++i) {
    p_values.push_back((static_cast<double>(i) + 0.5) / static_cast<double>(count));
  }
  return p_values;
}

TEST(FalseAlarmTable, ComparesWithWhatChanceExplains) {
  ASSERT_OK_AND_ASSIGN(
      const ReportTable table,
      FalseAlarmTable({.alpha = 0.02, .rows = 2000, .alarms = 90, .training_scores = 5000},
                      EvenPValues(2000)));
  EXPECT_THAT(table.columns, SizeIs(5));
  EXPECT_THAT(
      table.rows,
      ElementsAre(ElementsAre("0.1", "200", Range(0.1, 5000, 2000), "200", "as expected"),
                  ElementsAre("0.05", "100", Range(0.05, 5000, 2000), "100", "as expected"),
                  ElementsAre("0.02, in force", "40", Range(0.02, 5000, 2000), "90", "too many"),
                  ElementsAre("0.01", "20", Range(0.01, 5000, 2000), "20", "as expected"),
                  ElementsAre("0.001", "2", Range(0.001, 5000, 2000), "2", "as expected")));
}

TEST(FalseAlarmTable, TellsOfTooFew) {
  ASSERT_OK_AND_ASSIGN(
      const ReportTable table,
      FalseAlarmTable({.alpha = 0.1, .rows = 1000, .alarms = 3, .training_scores = 5000},
                      std::vector<double>(1000, 0.9)));
  EXPECT_THAT(table.rows, SizeIs(4));
  EXPECT_THAT(table.rows.front(),
              ElementsAre("0.1, in force", "100", Range(0.1, 5000, 1000), "3", "too few"));
  EXPECT_THAT(table.rows.back(),
              ElementsAre("0.001", "1", Range(0.001, 5000, 1000), "0", "as expected"));
}

TEST(FalseAlarmTable, NeedsASignificance) {
  EXPECT_THAT(FalseAlarmTable({.alpha = 0, .rows = 10, .alarms = 0, .training_scores = 50}, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("alpha")));
}

TEST(AlarmBandLines, EncloseTheSignificances) {
  const ChartLine observed = AlarmLine("normal rows", EvenPValues(500));
  ASSERT_OK_AND_ASSIGN(
      const std::vector<ChartLine> lines,
      AlarmBandLines({.alpha = 0.1, .rows = 500, .alarms = 50, .training_scores = 900}, observed));
  ASSERT_THAT(lines, SizeIs(2));
  ASSERT_EQ(lines[0].points.size(), observed.points.size() - 1);  // without alpha = 1
  ASSERT_EQ(lines[1].points.size(), lines[0].points.size());
  for (size_t i = 0; i < lines[0].points.size(); ++i) {
    const double alpha = observed.points[i].first;
    const AlarmBand band = *ExpectedAlarms(alpha, 900, 500);
    EXPECT_EQ(lines[0].points[i], ChartPoint(alpha, static_cast<double>(band.low) / 500));
    EXPECT_EQ(lines[1].points[i], ChartPoint(alpha, static_cast<double>(band.high) / 500));
    EXPECT_LE(lines[0].points[i].second, alpha);
    EXPECT_GE(lines[1].points[i].second, alpha);
  }
}

}  // namespace
}  // namespace advae
