#include "model/neighborhood/rank_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/testing/random_model.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

float Transform(const RankMap& map, float value) {
  float ranked = 0;
  map.Transform(&value, &ranked);
  return ranked;
}

RankMap FitOne(std::vector<float> column) {
  return RankMap::Fit({.values = column.data(), .rows = column.size(), .columns = 1});
}

TEST(RankMapTest, RanksAreSharesOfRowsWithHalfOfThoseEqual) {
  const RankMap map = FitOne({0, 0.25f, 0.25f, 1});
  ASSERT_THAT(map.Validate(), IsOk());
  EXPECT_FLOAT_EQ(Transform(map, 0), 0.125f);
  EXPECT_FLOAT_EQ(Transform(map, 0.25f), 0.5f);
  EXPECT_FLOAT_EQ(Transform(map, 1), 0.875f);
}

TEST(RankMapTest, LinesBetweenAndBeyondTheValues) {
  const RankMap map = FitOne({0, 0.25f, 0.25f, 1});
  EXPECT_FLOAT_EQ(Transform(map, 0.125f), (0.125f + 0.5f) / 2);
  EXPECT_FLOAT_EQ(Transform(map, 0.625f), (0.5f + 0.875f) / 2);
  EXPECT_FLOAT_EQ(Transform(map, -1), 0.125f - RankMap::kSlope);
  EXPECT_FLOAT_EQ(Transform(map, 3), 0.875f + 2 * RankMap::kSlope);
}

TEST(RankMapTest, ConstantFeatureKeepsDifferences) {
  const RankMap map = FitOne({0, 0, 0});
  EXPECT_FLOAT_EQ(Transform(map, 0), 0.5f);
  EXPECT_FLOAT_EQ(Transform(map, 2), 0.5f + 2 * RankMap::kSlope);
}

TEST(RankMapTest, MissingValuesHaveNoPart) {
  const float nan = std::nanf("");
  const RankMap map = FitOne({nan, 0, 0.25f, nan, 0.25f, 1});
  ASSERT_THAT(map.Validate(), IsOk());
  EXPECT_FLOAT_EQ(Transform(map, 0.25f), 0.5f);
  EXPECT_TRUE(std::isnan(Transform(map, nan)));
  EXPECT_THAT(FitOne({nan, nan}).Validate(), IsOk());
}

TEST(RankMapTest, ValuesOutsideTheRangeHaveNoPart) {
  const RankMap map = FitOne({-2000, 0, 1});
  EXPECT_FLOAT_EQ(Transform(map, 0), 0.25f);
  EXPECT_FLOAT_EQ(Transform(map, -1), 0.25f - RankMap::kSlope);
  EXPECT_FLOAT_EQ(Transform(FitOne({5, 6}), 5), 0.25f);  // there are no others
}

TEST(RankMapTest, ThinnedKnotsStayCloseToTheRanks) {
  std::vector<float> column(1000);
  for (size_t i = 0; i < column.size(); ++i) {
    const float x = static_cast<float>(i) / 999;
    column[i] = x * x * x;
  }
  const RankMap map = FitOne(column);
  ASSERT_THAT(map.Validate(), IsOk());
  for (size_t i = 0; i < column.size(); ++i) {
    EXPECT_NEAR(Transform(map, column[i]), (static_cast<float>(i) + 0.5f) / 1000, 0.02f);
  }
}

TEST(RankMapTest, NeverDecreases) {
  const Matrix rows = testing::RandomRows(500, 1, 3);
  const RankMap map = RankMap::Fit(rows.view());
  float last = Transform(map, -2);
  for (float x = -2; x < 2; x += 0.001f) {
    EXPECT_GE(Transform(map, x), last);
    last = Transform(map, x);
  }
}

TEST(RankMapTest, ValidateFindsWhatIsWrong) {
  RankMap map = FitOne({0, 0.5f, 1});
  map.ranks[3] = 0;
  EXPECT_THAT(map.Validate(), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("feature 0")));
  for (const float absurd : {2e15f, std::numeric_limits<float>::infinity(), NAN}) {
    map = FitOne({0, 0.5f, 1});
    map.values.back() = absurd;
    EXPECT_FALSE(map.Validate().ok()) << absurd;
    map = FitOne({0, 0.5f, 1});
    map.values.front() = -absurd;
    EXPECT_FALSE(map.Validate().ok()) << absurd;
  }
  map = FitOne({0, 0.5f, 1});
  map.ranks.back() = 1.5f;
  EXPECT_FALSE(map.Validate().ok());
  map.values.pop_back();
  EXPECT_THAT(map.Validate(), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("1 x 32")));
}

}  // namespace
}  // namespace advae
