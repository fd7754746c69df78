#include "experiments/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using testing::StatusIs;

std::vector<double> Magnitudes(MatrixView rows) {
  std::vector<double> scores;
  for (size_t i = 0; i < rows.rows; ++i) scores.push_back(std::abs(rows.row(i)[0]));
  return scores;
}

// A row's score is its only value's magnitude.
absl::StatusOr<FittedDetector> FitMagnitude(const FitInput& input) {
  absl::StatusOr<ScoreDistribution> distribution = ScoreDistribution::Fit(Magnitudes(input.rows));
  if (!distribution.ok()) return distribution.status();
  return FittedDetector{
      .score = Magnitudes,
      .distribution = std::make_shared<const ScoreDistribution>(*std::move(distribution))};
}

ExperimentData Data() {
  return {.train = {.values = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, .columns = 1},
          .test = {.values = {1, 2, 9.9, 50, 60}, .columns = 1},
          .labels = {false, false, true, true, false}};
}

TEST(RunOnceTest, ComparesScoresWithLabels) {
  const ExperimentData data = Data();
  ASSERT_OK_AND_ASSIGN(
      const RunQuality run,
      RunOnce(FitMagnitude, {.set = "a", .rows = data.train.view()}, data, /*alpha=*/0.1));
  // Precision 1/2 at the first anomaly (60 is before 50), 2/3 at the second.
  EXPECT_NEAR(run.ranking.average_precision, (1.0 / 2 + 2.0 / 3) / 2, 1e-12);
  EXPECT_EQ(run.normal_rows, 3);
  EXPECT_EQ(run.training_scores, 10);
  EXPECT_THAT(run.alarms, ElementsAre(1, 1, 1, 1, 1, 1, 1, 1));  // 60 alone, at every alpha
  EXPECT_THAT(run.rows_per_second, Gt(0));
  EXPECT_EQ(run.verdicts.false_positives, 1);
}

TEST(RunOnceTest, RejectsScoresThatAreNoNumbers) {
  const ExperimentData data = Data();
  const FitFunction fit = [](const FitInput& input) {
    absl::StatusOr<FittedDetector> detector = FitMagnitude(input);
    detector->score = [](MatrixView rows) { return std::vector<double>(rows.rows, std::nan("")); };
    return detector;
  };
  EXPECT_THAT(RunOnce(fit, {.set = "a", .rows = data.train.view()}, data, 0.1),
              StatusIs(absl::StatusCode::kInvalidArgument, ::testing::_));
}

class RunExperimentTest : public ::testing::Test {
 protected:
  RunExperimentTest() {
    Write("a.train.csv", "x\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n");
    Write("a.test.csv", "x,label\n1,0\n2,0\n50,1\n60,1\n");
    Write("b.train.csv", "x\n1\n2\n");
    Write("b.test.csv", "x,label\nwrong,0\n");
  }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.path() / name) << text;
  }
  std::vector<DataSetFiles> Sets(const std::vector<std::string>& names) const {
    return FindDataSets(folder_.path(), names).value();
  }

  testing::TemporaryFolder folder_;
  std::ostringstream log_;
};

TEST_F(RunExperimentTest, RunsEveryDetectorWithEverySeed) {
  const ExperimentResults results =
      RunExperiment(Sets({"a"}),
                    {.detectors = {{"GOOD", FitMagnitude},
                                   {"EVEN",
                                    [](const FitInput& input) -> absl::StatusOr<FittedDetector> {
                                      if (input.seed % 2 == 0) return FitMagnitude(input);
                                      return absl::InternalError("odd seed");
                                    }}},
                     .seeds = 3,
                     .jobs = 2},
                    log_);
  ASSERT_THAT(results.sets, SizeIs(1));
  ASSERT_THAT(results.sets[0].detectors, SizeIs(1));
  EXPECT_EQ(results.sets[0].detectors[0].name, "GOOD");
  EXPECT_EQ(results.sets[0].detectors[0].at(Measure::kAveragePrecision)->mean, 1);
  EXPECT_FALSE(results.sets[0].contamination.has_value());
  ASSERT_THAT(results.failures, SizeIs(2));
  EXPECT_EQ(results.failures[0].detector, "EVEN");
  EXPECT_EQ(results.failures[1].seed, 3);
  EXPECT_EQ(results.failures[1].error, "odd seed");
  EXPECT_THAT(log_.str(), HasSubstr("a GOOD seed 2: average precision 1.000"));
}

TEST_F(RunExperimentTest, NamesSetsThatCannotBeRead) {
  const ExperimentResults results =
      RunExperiment(Sets({}), {.detectors = {{"GOOD", FitMagnitude}}, .seeds = 1}, log_);
  ASSERT_THAT(results.failures, SizeIs(1));
  EXPECT_EQ(results.failures[0].set, "b");
  EXPECT_THAT(results.failures[0].error, HasSubstr("b.test.csv"));
  EXPECT_THAT(results.sets, SizeIs(2));
  EXPECT_FALSE(MeanOverSets(results, "GOOD", Measure::kAveragePrecision).has_value());
}

TEST_F(RunExperimentTest, TellsDetectorsTheContaminationThatWasReached) {
  std::vector<double> told;
  const FitFunction fit = [&](const FitInput& input) {
    told.push_back(input.contamination);
    EXPECT_EQ(input.rows.rows, 11);  // one of the two anomalies, where half is asked for
    return FitMagnitude(input);
  };
  const ExperimentResults results = RunExperiment(
      Sets({"a"}), {.detectors = {{"D", fit}}, .seeds = 1, .contamination = 0.5}, log_);
  EXPECT_THAT(told, ElementsAre(1.0 / 11));
  EXPECT_EQ(results.sets[0].contamination, 1.0 / 11);
}

}  // namespace
}  // namespace advae
