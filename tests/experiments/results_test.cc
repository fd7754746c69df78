#include "experiments/results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::Optional;

DetectorResult Result(const std::string& detector, double precision) {
  DetectorResult result{.name = detector};
  result.measures[static_cast<size_t>(Measure::kAveragePrecision)] = {.mean = precision};
  return result;
}

ExperimentResults Results(const std::string& set, const std::string& detector, double precision) {
  return {.sets = {{.name = set, .detectors = {Result(detector, precision)}}}};
}

size_t IndexOf(double alpha) {
  return std::ranges::find(kCalibrationAlphas, alpha) - kCalibrationAlphas.begin();
}

// 1200 training scores and 300 normal rows: 16 to 46 alarms are expected at 0.1.
RunQuality RunWith(uint64_t alarms_at_a_tenth) {
  RunQuality run;
  run.training_scores = 1200;
  run.normal_rows = 300;
  run.alarms[IndexOf(0.1)] = alarms_at_a_tenth;
  return run;
}

TEST(MeasuresTest, StandAtTheirIndex) {
  for (const MeasureFormat& format : kMeasures) EXPECT_EQ(&FormatOf(format.measure), &format);
}

TEST(SummariseTest, IsOfASample) {
  const Summary summary = Summarise(std::vector<double>{1, 2, 3});
  EXPECT_DOUBLE_EQ(summary.mean, 2);
  EXPECT_DOUBLE_EQ(summary.deviation, 1);
  EXPECT_EQ(Summarise(std::vector<double>{5}).deviation, 0);
}

TEST(SummariseRunsTest, HasTheMeasures) {
  RunQuality slow = RunWith(30);
  slow.ranking = {.average_precision = 0.5, .roc_auc = 0.75};
  slow.verdicts = {
      .true_positives = 3, .false_positives = 1, .true_negatives = 3, .false_negatives = 1};
  slow.train_seconds = 4;
  slow.rows_per_second = 1000;
  RunQuality quick = slow;
  quick.train_seconds = 2;
  const DetectorResult result = SummariseRuns("D", std::vector{slow, quick});
  EXPECT_EQ(result.name, "D");
  EXPECT_EQ(result.at(Measure::kAveragePrecision)->mean, 0.5);
  EXPECT_EQ(result.at(Measure::kRocAuc)->mean, 0.75);
  EXPECT_EQ(result.at(Measure::kRecall)->mean, 0.75);
  EXPECT_EQ(result.at(Measure::kPrecision)->mean, 0.75);
  EXPECT_EQ(result.at(Measure::kF1)->mean, 0.75);
  EXPECT_EQ(result.at(Measure::kFalseAlarmRate)->mean, 0.25);
  EXPECT_EQ(result.at(Measure::kTrainSeconds)->mean, 3);
  EXPECT_EQ(result.at(Measure::kRowsPerSecond)->mean, 1000);
}

TEST(SummariseRunsTest, ComparesAlarmsWithTheirBand) {
  const DetectorResult result =
      SummariseRuns("D", std::vector{RunWith(16), RunWith(46), RunWith(47), RunWith(15)});
  ASSERT_EQ(result.alarms.size(), kCalibrationAlphas.size());
  const AlarmRecord& tenth = result.alarms[IndexOf(0.1)];
  EXPECT_EQ(tenth.alpha, 0.1);
  EXPECT_DOUBLE_EQ(tenth.observed.mean, 31.0 / 300);
  EXPECT_DOUBLE_EQ(tenth.low, 16.0 / 300);
  EXPECT_DOUBLE_EQ(tenth.high, 46.0 / 300);
  EXPECT_EQ(tenth.inside, 0.5);
  EXPECT_TRUE(tenth.can_tell);
  EXPECT_FALSE(result.alarms[IndexOf(0.001)].can_tell);
}

TEST(MeanOverSetsTest, NeedsEverySet) {
  ExperimentResults results = Results("a", "KNN", 0.5);
  MergeResults(results, Results("b", "KNN", 0.7));
  MergeResults(results, Results("b", "LOF", 0.9));
  EXPECT_THAT(MeanOverSets(results, "KNN", Measure::kAveragePrecision), Optional(0.6));
  EXPECT_THAT(MeanOverSets(results, "LOF", Measure::kAveragePrecision), Eq(std::nullopt));
  EXPECT_THAT(MeanOverSets(results, "KNN", Measure::kRocAuc), Eq(std::nullopt));
  EXPECT_THAT(MeanOverSets({}, "KNN", Measure::kRocAuc), Eq(std::nullopt));
  EXPECT_THAT(DetectorsOf(results), ElementsAre("KNN", "LOF"));
}

TEST(MergeResultsTest, TakesTheOtherOfTwo) {
  ExperimentResults results = Results("a", "KNN", 0.5);
  results.sets.front().detectors.push_back(Result("LOF", 0.4));
  MergeResults(results, Results("a", "KNN", 0.6));
  EXPECT_EQ(results.sets.size(), 1);
  EXPECT_EQ(results.sets.front().Find("KNN")->at(Measure::kAveragePrecision)->mean, 0.6);
  EXPECT_EQ(results.sets.front().Find("LOF")->at(Measure::kAveragePrecision)->mean, 0.4);
  EXPECT_EQ(results.sets.front().Find("GMM"), nullptr);
}

TEST(SummarisePromisesTest, CountsTheSetsThatCanTell) {
  const auto set = [](const char* name, AlarmRecord record) {
    DetectorResult result = Result("D", 0.5);
    result.alarms = {record};
    return SetResult{.name = name, .detectors = {result}};
  };
  const ExperimentResults results = {
      .sets = {set("a", {.alpha = 0.1, .inside = 1, .can_tell = true}),
               set("b", {.alpha = 0.1, .inside = 0.25, .can_tell = true}),
               set("c", {.alpha = 0.1, .inside = 1, .can_tell = false}),
               set("d", {.alpha = 0.01, .inside = 1, .can_tell = false}),
               {.name = "e"}}};
  const std::vector<PromiseSummary> promises = SummarisePromises(results, "D");
  ASSERT_EQ(promises.size(), 2);
  EXPECT_EQ(promises[0].alpha, 0.01);
  EXPECT_EQ(promises[0].sets, 0);
  EXPECT_EQ(promises[1].alpha, 0.1);
  EXPECT_EQ(promises[1].sets, 2);
  EXPECT_EQ(promises[1].inside, 1.25);
}

}  // namespace
}  // namespace advae
