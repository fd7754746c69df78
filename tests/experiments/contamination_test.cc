#include "experiments/contamination.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using testing::StatusIs;

// 10 training rows, and 4 anomalies, whose values are negative, among 6 test rows.
ExperimentData Data() {
  return {.train = {.values = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, .columns = 1},
          .test = {.values = {-1, 1, -2, -3, 2, -4}, .columns = 1},
          .labels = {true, false, true, true, false, true}};
}

int Negatives(const Matrix& rows) {
  return static_cast<int>(std::ranges::count_if(rows.values, [](float v) { return v < 0; }));
}

TEST(ContaminateTest, MovesAnomaliesIntoTheTrainingRows) {
  ASSERT_OK_AND_ASSIGN(const ExperimentData data, Contaminate(Data(), 1.0 / 6, /*seed=*/1));
  EXPECT_EQ(data.train.rows(), 12);
  EXPECT_EQ(Negatives(data.train), 2);
  EXPECT_EQ(data.contamination, 1.0 / 6);
  EXPECT_EQ(data.test.rows(), 4);
  EXPECT_EQ(Negatives(data.test), 2);
  for (const float anomaly : data.test.values) {
    if (anomaly < 0) {
      EXPECT_EQ(std::ranges::count(data.train.values, anomaly), 0);
    }
  }
}

TEST(ContaminateTest, AllSharesAreTestedOnTheSameRows) {
  ASSERT_OK_AND_ASSIGN(const ExperimentData none, Contaminate(Data(), 0, /*seed=*/3));
  ASSERT_OK_AND_ASSIGN(const ExperimentData half, Contaminate(Data(), 0.5, /*seed=*/3));
  EXPECT_EQ(none.train.rows(), 10);
  EXPECT_EQ(none.contamination, 0);
  EXPECT_EQ(none.test.values, half.test.values);
  EXPECT_EQ(none.labels, half.labels);
}

TEST(ContaminateTest, AddsNoRowTwice) {
  ASSERT_OK_AND_ASSIGN(const ExperimentData half, Contaminate(Data(), 0.5, /*seed=*/3));
  ASSERT_EQ(half.train.rows(), 12);  // both that there are, not ten
  EXPECT_EQ(half.contamination, 1.0 / 6);
  EXPECT_LT(half.train.values[10], 0);
  EXPECT_LT(half.train.values[11], 0);
  EXPECT_NE(half.train.values[10], half.train.values[11]);
}

TEST(ContaminateTest, RejectsWhatCannotBe) {
  constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(Contaminate(Data(), 0.6, 1), StatusIs(kInvalid, HasSubstr("from 0 to 0.5")));
  ExperimentData one = Data();
  one.labels = {true, false, false, false, false, false};
  EXPECT_THAT(Contaminate(one, 0.1, 1), StatusIs(kInvalid, HasSubstr("at least two anomalies")));
}

}  // namespace
}  // namespace advae
