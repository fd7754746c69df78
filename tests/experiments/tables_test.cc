#include "experiments/tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "experiments/presentation.h"

namespace advae {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// 1200 training scores and 300 normal rows: 6 to 27 alarms are expected at 0.05.
RunQuality RunWith(double precision, uint64_t alarms) {
  RunQuality run;
  run.ranking.average_precision = precision;
  run.train_seconds = 1.25;
  run.rows_per_second = 1500;
  run.training_scores = 1200;
  run.normal_rows = 300;
  run.alarms.fill(alarms);
  return run;
}

// Detector A with two seeds on two sets, B with one on one.
ExperimentResults Results() {
  const DetectorResult a = SummariseRuns("A", std::vector{RunWith(0.5, 20), RunWith(0.7, 28)});
  const DetectorResult b = SummariseRuns("B", std::vector{RunWith(0.25, 30)});
  return {.sets = {{.name = "x", .detectors = {a, b}}, {.name = "y", .detectors = {a}}}};
}

TEST(MeasureTablesTest, HaveSetsAsRowsAndTheirMean) {
  const std::vector<TitledTable> tables = MeasureTables(Results());
  ASSERT_EQ(tables.size(), kMeasures.size());
  EXPECT_EQ(tables[0].title, "Average precision");
  EXPECT_THAT(tables[0].table.columns, ElementsAre("set", "A", "B"));
  EXPECT_THAT(tables[0].table.rows, ElementsAre(ElementsAre("x", "0.600 ± 0.141", "0.250"),
                                                ElementsAre("y", "0.600 ± 0.141", "-"),
                                                ElementsAre("mean", "0.600", "-")));
}

TEST(PromiseTableTest, CountsSetsWithinTheBand) {
  EXPECT_THAT(
      PromiseTable(Results()).table.rows,
      ElementsAre(ElementsAre("0.1", "2 of 2", "1 of 1"), ElementsAre("0.05", "1 of 2", "0 of 1"),
                  ElementsAre("0.01", "0 of 2", "0 of 1"), ElementsAre("0.001", "-", "-")));
}

TEST(OverviewTableTest, HasPrecisionPromisesAndCost) {
  const ReportTable table = OverviewTable(Results());
  EXPECT_THAT(table.columns, ElementsAre("average precision", "A", "B"));
  EXPECT_THAT(table.rows,
              ElementsAre(ElementsAre("x", "0.600", "0.250"), ElementsAre("y", "0.600", "-"),
                          ElementsAre("mean", "0.600", "-"),
                          ElementsAre("alarms in band at 0.1", "2 of 2", "1 of 1"),
                          ElementsAre("alarms in band at 0.05", "1 of 2", "0 of 1"),
                          ElementsAre("alarms in band at 0.01", "0 of 2", "0 of 1"),
                          ElementsAre("alarms in band at 0.001", "-", "-"),
                          ElementsAre("training, mean s", "1.2", "-"),
                          ElementsAre("rows/s, mean", "1500", "-")));
}

TEST(OverviewTableTest, SaysWhatContaminationWasReached) {
  ExperimentResults results = Results();
  results.sets[1].contamination = 0.0312;
  EXPECT_EQ(OverviewTable(results).rows[1][0], "y (3.1 %)");
}

TEST(PresentationTest, ShowsEachLevel) {
  const std::vector<ExperimentLevel> levels = {{.contamination = 0, .results = Results()},
                                               {.contamination = 0.05, .results = Results()}};
  EXPECT_THAT(ToTable(levels, 80), AllOf(HasSubstr("0 % anomalies among the training rows\n"),
                                         HasSubstr("\n5 % anomalies among the training rows\n")));
  EXPECT_THAT(ToMarkdown(levels),
              AllOf(HasSubstr("### 5 % anomalies"), HasSubstr("| mean | 0.600 | - |")));
  EXPECT_THAT(ToHtml(levels),
              AllOf(HasSubstr("5 % anomalies: Average precision"), HasSubstr("Contamination")));
}

TEST(PresentationTest, HasOneLevelWithoutContamination) {
  const std::vector<ExperimentLevel> level = {{.results = Results()}};
  for (const std::string& text : {ToTable(level, 80), ToMarkdown(level)}) {
    EXPECT_THAT(text, AllOf(HasSubstr("0.600"), Not(HasSubstr("anomalies among"))));
  }
}

}  // namespace
}  // namespace advae
