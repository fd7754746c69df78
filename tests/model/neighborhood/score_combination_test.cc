#include "model/neighborhood/score_combination.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cfloat>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using testing::IsOk;
using testing::StatusIs;

TEST(PartScaleTest, MedianIsZeroAndNineTenthsIsOne) {
  std::vector<double> scores;
  for (int i = 0; i <= 10; ++i) scores.push_back(std::exp(i));
  const PartScale scale = PartScale::Fit(scores);
  EXPECT_NEAR(scale.Standardize(std::exp(5)), 0, 1e-12);
  EXPECT_NEAR(scale.Standardize(std::exp(9)), 1, 1e-12);
  EXPECT_NEAR(scale.Standardize(std::exp(13)), 2, 1e-12);
}

TEST(PartScaleTest, QuantilesAreInterpolated) {
  const PartScale scale = PartScale::Fit(std::vector<double>{std::exp(1), std::exp(2)});
  EXPECT_NEAR(scale.center, 1.5, 1e-12);
  EXPECT_NEAR(scale.width, 0.4, 1e-12);
}

TEST(PartScaleTest, AHeavyTailWidensTheScale) {
  std::vector<double> scores;
  for (int i = 0; i < 99; ++i) scores.push_back(std::exp(0.01 * i));
  for (const double high : {10, 10}) scores.push_back(std::exp(high));
  // Of 101 logarithms the 90 % quantile is 0.9, the 99 % quantile 10, and the median 0.5.
  EXPECT_NEAR(PartScale::Fit(scores).width, 9.5 / 3.5, 1e-12);
  scores.back() = scores[99] = std::exp(1.0);
  EXPECT_NEAR(PartScale::Fit(scores).width, 0.4, 1e-12);
}

TEST(PartScaleTest, ZerosCountAsHalfTheMedianOfTheOthers) {
  std::vector<double> scores(60, 0.0);
  scores.insert(scores.end(), 30, 1.0);
  scores.insert(scores.end(), 11, 2.0);
  const PartScale scale = PartScale::Fit(scores);
  EXPECT_EQ(scale.floor, 0.5);
  EXPECT_NEAR(scale.center, std::log(0.5), 1e-12);
  EXPECT_NEAR(scale.width, std::log(4.0), 1e-12);
}

TEST(PartScaleTest, NoScoreRulesAndTheOrderIsKept) {
  const PartScale scale{.floor = 1e-6, .center = 0, .width = 0.1};
  EXPECT_EQ(scale.Standardize(0), -5);
  double last = scale.Standardize(1e-6);
  for (double score = 1e-6; score < 1e30; score *= 1.1) {
    EXPECT_GE(scale.Standardize(score), last);
    if (score > 1) {
      EXPECT_GT(scale.Standardize(score * 1.1), scale.Standardize(score));
    }
    last = scale.Standardize(score);
  }
  EXPECT_LT(last, 16);
  EXPECT_LT(scale.Standardize(DBL_MAX), 20);
}

TEST(PartScaleTest, DuplicatesInTrainingKeepTheScaleUsable) {
  std::vector<double> scores(100, 0.0);
  scores[7] = 3;  // all others have a twin
  PartScale scale = PartScale::Fit(scores);
  EXPECT_THAT(scale.Validate(), IsOk());
  EXPECT_GT(scale.Standardize(3), scale.Standardize(0));
  scale = PartScale::Fit(std::vector<double>(10, 0.0));
  EXPECT_THAT(scale.Validate(), IsOk());
  EXPECT_TRUE(std::isfinite(scale.Standardize(0)));
  scale = PartScale::Fit(std::vector<double>{2});
  EXPECT_EQ(scale.Standardize(2), 0);
}

TEST(PartScaleTest, ValidateRefusesWhatIsNoScale) {
  const auto invalid =
      StatusIs(absl::StatusCode::kInvalidArgument, ::testing::HasSubstr("expected finite"));
  EXPECT_THAT((PartScale{.floor = 0}).Validate(), invalid);
  EXPECT_THAT((PartScale{.width = 0}).Validate(), invalid);
  EXPECT_THAT((PartScale{.center = std::numeric_limits<double>::quiet_NaN()}).Validate(), invalid);
  EXPECT_THAT(PartScale().Validate(), IsOk());
}

TEST(ScoreOfTest, IsTheBinaryLogarithmOfOneAndAPower) {
  EXPECT_DOUBLE_EQ(ScoreOf(0), 1);
  EXPECT_DOUBLE_EQ(ScoreOf(1), std::log2(3));
  EXPECT_DOUBLE_EQ(ScoreOf(3), std::log2(9));
  EXPECT_DOUBLE_EQ(ScoreOf(2000), 2000);
  EXPECT_GT(ScoreOf(-5), 0);
}

}  // namespace
}  // namespace advae
