#include "experiments/results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using testing::IsOk;
using testing::StatusIs;

Json Results(const char* set, const char* detector, double precision) {
  return {
      {"sets", {{set, {{detector, {{"average_precision", {{"mean", precision}, {"std", 0}}}}}}}}},
      {"mean", Json::object()}};
}

TEST(MeanAndDeviationTest, IsOfASample) {
  const Json record = MeanAndDeviation(std::vector<double>{1, 2, 3});
  EXPECT_DOUBLE_EQ(record["mean"].get<double>(), 2);
  EXPECT_DOUBLE_EQ(record["std"].get<double>(), 1);
  EXPECT_EQ(MeanAndDeviation(std::vector<double>{5})["std"].get<double>(), 0);
}

TEST(DetectorRecordTest, HasTheMeasures) {
  RunQuality run;
  run.ranking.average_precision = 0.5;
  const Json record = DetectorRecord(std::vector<RunQuality>{run, run});
  for (const char* const key : {"average_precision", "roc_auc", "recall", "precision", "f1",
                                "false_alarm_rate", "train_seconds"}) {
    EXPECT_TRUE(record.contains(key)) << key;
  }
  EXPECT_DOUBLE_EQ(record["average_precision"]["mean"].get<double>(), 0.5);
}

TEST(MergeResultsTest, AddsSetsAndMeans) {
  Json results = Results("a", "KNN", 0.5);
  ASSERT_THAT(MergeResults(results, Results("b", "KNN", 0.7)), IsOk());
  ASSERT_THAT(MergeResults(results, Results("b", "LOF", 0.9)), IsOk());
  EXPECT_DOUBLE_EQ(results["mean"]["KNN"].get<double>(), 0.6);
  EXPECT_FALSE(results["mean"].contains("LOF"));  // lacks set a
}

TEST(MergeResultsTest, RejectsOtherJson) {
  Json results = Results("a", "KNN", 0.5);
  EXPECT_THAT(MergeResults(results, Json::array()),
              StatusIs(absl::StatusCode::kInvalidArgument, ::testing::_));
}

}  // namespace
}  // namespace advae
