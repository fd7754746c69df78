#include "model/scoring/scaler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cfloat>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using testing::StatusIs;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

std::vector<float> Transform(const MinMaxScaler& scaler, std::vector<float> row) {
  scaler.Transform(row.data(), row.data());
  return row;
}

TEST(MinMaxScalerTest, FitTakesRangesOfColumns) {
  const Matrix rows{.values = {1, -2, 5, 3, 0, 5, 2, 6, 5}, .columns = 3};
  ASSERT_OK_AND_ASSIGN(const MinMaxScaler scaler, MinMaxScaler::Fit(rows.view()));
  EXPECT_EQ(scaler.columns(), 3);
  EXPECT_THAT(scaler.minimum(), ElementsAre(1, -2, 5));
  EXPECT_THAT(scaler.maximum(), ElementsAre(3, 6, 5));
}

TEST(MinMaxScalerTest, MissingValuesHaveNoPartInARange) {
  const float nan = std::nanf("");
  const Matrix rows{.values = {nan, 2, nan, 4, nan, 3, nan, nan, 7}, .columns = 3};
  for (const auto fit : {&MinMaxScaler::Fit, &MinMaxScaler::FitRobust}) {
    ASSERT_OK_AND_ASSIGN(const MinMaxScaler scaler, fit(rows.view(), MissingRule::kPassedOver));
    EXPECT_THAT(scaler.minimum(), ElementsAre(4, 2, 3));
    EXPECT_THAT(scaler.maximum(), ElementsAre(4, 2, 7));
    const std::vector<float> scaled = Transform(scaler, {nan, 3, nan});
    EXPECT_TRUE(std::isnan(scaled[0]) && std::isnan(scaled[2]));
    EXPECT_EQ(scaled[1], 1);
    EXPECT_THAT(fit(rows.view(), MissingRule::kRefused),
                StatusIs(kInvalid, HasSubstr("row 0, column 0")));
  }
  const Matrix none{.values = {nan, 1, nan, 2}, .columns = 2};
  ASSERT_OK_AND_ASSIGN(const MinMaxScaler scaler,
                       MinMaxScaler::FitRobust(none.view(), MissingRule::kPassedOver));
  EXPECT_EQ(scaler.minimum()[0], 0);
  EXPECT_EQ(scaler.maximum()[0], 0);
}

TEST(MinMaxScalerTest, RobustRangeEndsNearTheQuantiles) {
  Matrix rows{.values = {}, .columns = 3};
  for (int i = 0; i < 240; ++i) {
    const float x = static_cast<float>(i % 100);
    const float sentinel = i == 101 ? -9999 : x;
    const float rare = i == 5 ? 1 : 0;
    rows.values.insert(rows.values.end(), {x, sentinel, rare});
  }
  ASSERT_OK_AND_ASSIGN(const MinMaxScaler scaler, MinMaxScaler::FitRobust(rows.view()));
  // No further than 99 - 0 from them; where the range is usual it is as in Fit.
  EXPECT_THAT(scaler.minimum(),
              ElementsAre(0, ::testing::AllOf(::testing::Gt(-101), ::testing::Lt(-90)), 0));
  EXPECT_THAT(scaler.maximum(), ElementsAre(99, 99, 1));
}

TEST(MinMaxScalerTest, OneAbsurdValueOfFewRowsIsLeftOut) {
  std::vector<float> column(20, 5);
  for (size_t i = 0; i < column.size(); ++i) column[i] += static_cast<float>(i);
  column[3] = 1e9f;
  const MatrixView rows{.values = column.data(), .rows = column.size(), .columns = 1};
  ASSERT_OK_AND_ASSIGN(const MinMaxScaler scaler, MinMaxScaler::FitRobust(rows));
  EXPECT_LT(scaler.maximum()[0], 100);
  EXPECT_EQ(scaler.minimum()[0], 5);
}

TEST(MinMaxScalerTest, RobustRangeRefusesWhatFitRefuses) {
  const Matrix none{.values = {}, .columns = 2};
  EXPECT_THAT(MinMaxScaler::FitRobust(none.view()),
              StatusIs(kInvalid, HasSubstr("at least one row")));
}

TEST(MinMaxScalerTest, TransformIsNotClamped) {
  ASSERT_OK_AND_ASSIGN(const MinMaxScaler scaler, MinMaxScaler::FromRanges({1, -2}, {3, 6}));
  EXPECT_THAT(Transform(scaler, {1, 6}), ElementsAre(0, 1));
  EXPECT_THAT(Transform(scaler, {2, 0}), ElementsAre(0.5, 0.25));
  EXPECT_THAT(Transform(scaler, {-1, 14}), ElementsAre(-1, 2));
}

TEST(MinMaxScalerTest, ConstantFeatureScalesToDifference) {
  ASSERT_OK_AND_ASSIGN(const MinMaxScaler scaler, MinMaxScaler::FromRanges({5}, {5}));
  EXPECT_THAT(Transform(scaler, {5}), ElementsAre(0));
  EXPECT_THAT(Transform(scaler, {7.5}), ElementsAre(2.5));
  EXPECT_EQ(scaler.Restore(0, 2.5), 7.5);
}

MinMaxScaler Compressed(std::vector<float> minimum, std::vector<float> maximum) {
  return MinMaxScaler::FromRanges(std::move(minimum), std::move(maximum))
      .value()
      .WithCompressedEnds();
}

TEST(MinMaxScalerTest, CompressedEndsAreLogarithmsAndThenStraight) {
  const MinMaxScaler scaler = Compressed({0}, {10});
  for (const float inside : {0.0f, 4.0f, 10.0f}) {
    EXPECT_THAT(Transform(scaler, {inside}), ElementsAre(inside / 10));
  }
  const auto above_and_below = [&](float beyond, float expected) {
    EXPECT_THAT(Transform(scaler, {10 + 10 * beyond}), ElementsAre(FloatNear(1 + expected, 1e-6f)));
    EXPECT_THAT(Transform(scaler, {-10 * beyond}), ElementsAre(FloatNear(-expected, 1e-6f)));
  };
  above_and_below(0.05f, 0.0693147f);  // 0.1 ln 2
  above_and_below(0.5f, 0.2397895f);   // 0.1 ln 11
  above_and_below(1, 0.3306986f);      // and 1 / 11
  above_and_below(10.5f, 2.0579713f);  // and 20 / 11
  EXPECT_THAT(Transform(Compressed({5}, {5}), {6}), ElementsAre(FloatNear(0.3306986f, 1e-6f)));
  EXPECT_TRUE(std::isnan(Transform(scaler, {NAN})[0]));
}

TEST(MinMaxScalerTest, CompressedEndsKeepTheOrderAndAreRestored) {
  const MinMaxScaler scaler = Compressed({-1, 3}, {1, 3});
  float last = -std::numeric_limits<float>::infinity();
  for (float value = -200; value < 200; value += 0.37f) {
    const std::vector<float> scaled = Transform(scaler, {value, value});
    EXPECT_GT(scaled[0], last);
    last = scaled[0];
    for (const size_t j : {0, 1}) {
      EXPECT_NEAR(scaler.Restore(j, scaled[j]), value, 1e-3) << value;
    }
  }
  EXPECT_THAT(Transform(scaler, {FLT_MAX, -FLT_MAX}), ElementsAre(1e12f, -1e12f));
}

TEST(MinMaxScalerTest, ExtremesSaturate) {
  const float tiny = std::numeric_limits<float>::denorm_min();
  ASSERT_OK_AND_ASSIGN(const MinMaxScaler scaler,
                       MinMaxScaler::FromRanges({0, -FLT_MAX, FLT_MAX}, {tiny, FLT_MAX, FLT_MAX}));
  EXPECT_THAT(Transform(scaler, {FLT_MAX, FLT_MAX, FLT_MAX}), ElementsAre(1e12f, 1, 0));
  EXPECT_THAT(Transform(scaler, {-FLT_MAX, -FLT_MAX, -FLT_MAX}), ElementsAre(-1e12f, 0, -1e12f));
  EXPECT_THAT(Transform(scaler, {tiny, 0, 0}), ElementsAre(1, 0.5, -1e12f));
}

TEST(MinMaxScalerTest, RestoreInvertsTransform) {
  ASSERT_OK_AND_ASSIGN(const MinMaxScaler scaler, MinMaxScaler::FromRanges({-3}, {17}));
  for (const float value : {-100.0f, -3.0f, 0.25f, 17.0f, 1000.0f}) {
    EXPECT_NEAR(scaler.Restore(0, Transform(scaler, {value})[0]), value, 1e-5 * std::abs(value));
  }
}

TEST(MinMaxScalerTest, FitNamesTheFirstBadValue) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Matrix rows{.values = {1, 2, 3, nan, nan, 6}, .columns = 2};
  EXPECT_THAT(MinMaxScaler::Fit(rows.view()), StatusIs(kInvalid, HasSubstr("row 1, column 1")));
  const float infinity = std::numeric_limits<float>::infinity();
  const Matrix infinite{.values = {infinity}, .columns = 1};
  EXPECT_THAT(MinMaxScaler::Fit(infinite.view()),
              StatusIs(kInvalid, AllOf(HasSubstr("row 0, column 0"), HasSubstr("inf"))));
}

TEST(MinMaxScalerTest, FitNeedsRowsAndColumns) {
  EXPECT_THAT(MinMaxScaler::Fit({}), StatusIs(kInvalid, HasSubstr("0 rows of 0 columns")));
  EXPECT_THAT(MinMaxScaler::Fit({.columns = 3}), StatusIs(kInvalid, HasSubstr("0 rows")));
}

TEST(MinMaxScalerTest, FromRangesRejectsBadRanges) {
  EXPECT_THAT(MinMaxScaler::FromRanges({}, {}), StatusIs(kInvalid, HasSubstr("0 minima")));
  EXPECT_THAT(MinMaxScaler::FromRanges({1}, {1, 2}), StatusIs(kInvalid, HasSubstr("2 maxima")));
  EXPECT_THAT(MinMaxScaler::FromRanges({0, 2}, {1, 1}),
              StatusIs(kInvalid, HasSubstr("feature 1: expected a finite minimum <= maximum")));
  EXPECT_THAT(MinMaxScaler::FromRanges({0}, {NAN}), StatusIs(kInvalid, HasSubstr("feature 0")));
  EXPECT_THAT(MinMaxScaler::FromRanges({-INFINITY}, {0}), StatusIs(kInvalid, HasSubstr("-inf")));
}

}  // namespace
}  // namespace advae
