#include "experiments/results_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using testing::StatusIs;

std::vector<ExperimentLevel> OneLevel(ExperimentResults results) {
  return {{.results = std::move(results)}};
}

DetectorResult Measured() {
  RunQuality run;
  run.ranking = {.average_precision = 0.5, .roc_auc = 0.75};
  run.train_seconds = 0.125;
  run.rows_per_second = 2000;
  run.training_scores = 1200;
  run.normal_rows = 300;
  run.alarms.fill(30);
  return SummariseRuns("D", std::vector{run, run});
}

TEST(ResultsToJsonTest, WritesEverything) {
  const Json json = Json::parse(ResultsToJson(
      OneLevel({.sets = {{.name = "a", .detectors = {Measured()}}, {.name = "b"}},
                .failures = {{.set = "b", .error = "cannot read"},
                             {.set = "a", .detector = "E", .seed = 2, .error = "diverged"}}})));
  const Json& record = json["sets"]["a"]["D"];
  for (const MeasureFormat& format : kMeasures) {
    EXPECT_TRUE(record[format.key]["mean"].is_number()) << format.key;
    EXPECT_EQ(record[format.key]["std"], 0) << format.key;
  }
  EXPECT_EQ(record["train_seconds"]["mean"], 0.125);
  const Json& tenth = record["calibration"]["0.1"];
  EXPECT_EQ(tenth["mean"], 0.1);
  EXPECT_EQ(tenth["low"], 16.0 / 300);
  EXPECT_EQ(tenth["high"], 46.0 / 300);
  EXPECT_EQ(tenth["inside"], 1);
  EXPECT_EQ(tenth["can_tell"], true);
  EXPECT_EQ(json["calibration"]["D"]["0.1"], Json({{"sets", 1}, {"inside", 1.0}}));
  EXPECT_EQ(json["calibration"]["D"]["0.01"], Json({{"sets", 1}, {"inside", 0.0}}));
  EXPECT_TRUE(json["mean"].empty());  // of all sets D lacks one
  EXPECT_THAT(json["failures"], SizeIs(2));
  EXPECT_EQ(json["failures"][0], Json({{"set", "b"}, {"error", "cannot read"}}));
  EXPECT_EQ(json["failures"][1]["seed"], 2);
}

TEST(ResultsToJsonTest, WritesLevelsOfContamination) {
  const ExperimentResults results = {
      .sets = {{.name = "a", .detectors = {Measured()}, .contamination = 0.03}}};
  const Json json = Json::parse(ResultsToJson(
      {{.contamination = 0, .results = results}, {.contamination = 0.05, .results = results}}));
  EXPECT_EQ(json["contamination"]["0.05"]["contamination_reached"]["a"], 0.03);
  EXPECT_EQ(json["contamination"]["0"]["mean"]["D"], 0.5);
  EXPECT_FALSE(json.contains("sets"));
}

TEST(ResultsToJsonTest, ReplacesWhatIsNoUtf8) {
  EXPECT_THAT(ResultsToJson(OneLevel({.sets = {{.name = "a\xFF"}}})), HasSubstr("a\uFFFD"));
}

TEST(ResultsFromJsonTest, ReadsWhatWasWritten) {
  const std::vector<ExperimentLevel> levels =
      OneLevel({.sets = {{.name = "a", .detectors = {Measured()}}, {.name = "b"}}});
  ASSERT_OK_AND_ASSIGN(const ExperimentResults read, ResultsFromJson(ResultsToJson(levels)));
  EXPECT_EQ(ResultsToJson(OneLevel(read)), ResultsToJson(levels));
}

TEST(ResultsFromJsonTest, ReadsWhatEarlierReleasesWrote) {
  ASSERT_OK_AND_ASSIGN(
      const ExperimentResults results,
      ResultsFromJson(R"({"sets": {"a": {"D": {"average_precision": {"mean": 0.5, "std": 0},
                          "calibration": {"0.1": {"mean": 0.1, "std": 0}}}}}})"));
  const DetectorResult& result = results.sets.front().detectors.front();
  EXPECT_EQ(result.at(Measure::kAveragePrecision)->mean, 0.5);
  EXPECT_FALSE(result.at(Measure::kRowsPerSecond).has_value());
  EXPECT_THAT(result.alarms, ElementsAre());
}

TEST(ResultsFromJsonTest, RejectsOtherText) {
  for (const char* const text :
       {"", "[]", "{", "{}", R"({"sets": []})", R"({"sets": {"a": 1}})",
        R"({"sets": {"a": {"D": 1}}})", R"({"sets": {"a": {"D": {}}}})",
        R"({"sets": {"a": {"D": {"average_precision": 0.5}}}})",
        R"({"sets": {"a": {"D": {"average_precision": {"mean": "x", "std": 0}}}}})",
        R"({"sets": {"a": {"D": {"average_precision": {"mean": 1, "std": 0}, "f1": 1}}}})",
        R"({"contamination": {}})"}) {
    EXPECT_THAT(ResultsFromJson(text),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("average_precision")))
        << text;
  }
}

}  // namespace
}  // namespace advae
