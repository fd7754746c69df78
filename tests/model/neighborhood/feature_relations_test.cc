#include "model/neighborhood/feature_relations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <limits>
#include <vector>

#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using testing::StatusIs;

// x_3 = 2 x_1 of four features: t = 8 (x_3 - 0.5) - 16 (x_1 - 0.25).
FeatureRelations Double() {
  return {.related = {1, 3},
          .means = {0.25, 0.5},
          .explained = {1},
          .weights = {-16, 8},
          .threshold = 2};
}

TEST(FeatureRelationsTest, ResidualIsThatOfTheRelation) {
  const FeatureRelations relations = Double();
  std::array<double, 1> residuals = {};
  relations.Residuals(std::array<float, 4>{9, 0.5f, 9, 1}.data(), residuals);
  EXPECT_EQ(residuals[0], 0);
  relations.Residuals(std::array<float, 4>{9, 0.5f, 9, 2}.data(), residuals);
  EXPECT_EQ(residuals[0], 8);
  EXPECT_EQ(relations.Expected(0, 2, 8), 1);
}

TEST(FeatureRelationsTest, EachExplainedFeatureHasItsWeights) {
  FeatureRelations relations = Double();
  relations.explained = {0, 1};
  relations.weights = {20, -16, -10, 8};
  std::array<double, 2> residuals = {};
  relations.Residuals(std::array<float, 4>{9, 1.25f, 9, 0.5f}.data(), residuals);
  EXPECT_EQ(residuals[0], 20);
  EXPECT_EQ(residuals[1], -16);
  EXPECT_EQ(relations.Expected(0, 1.25, 20), 0.25);
  EXPECT_EQ(relations.Expected(1, 0.5, -16), 2.5);
}

TEST(FeatureRelationsTest, BonusBeginsAtTheThreshold) {
  const FeatureRelations relations = Double();
  const auto bonus = [&](double first, double second) {
    return relations.Bonus(std::array{first, second});
  };
  EXPECT_EQ(bonus(0, 0), 0);
  EXPECT_EQ(bonus(2, -2), 0);
  EXPECT_EQ(bonus(-4, 1), 2);
  EXPECT_EQ(bonus(1, 16), 6);
}

TEST(FeatureRelationsTest, ValidateRefusesWhatDoesNotFit) {
  EXPECT_THAT(Double().Validate(4), testing::IsOk());
  const auto invalid = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(Double().Validate(3), StatusIs(invalid, ::testing::HasSubstr("rows of 3")));
  const std::vector<std::function<void(FeatureRelations&)>> spoilers = {
      [](FeatureRelations& r) {
        r.related = {3, 1};
      },
      [](FeatureRelations& r) {
        r.related = {1, 1};
      },
      [](FeatureRelations& r) { r.explained = {2}; },
      [](FeatureRelations& r) { r.explained.clear(); },
      [](FeatureRelations& r) { r.means.pop_back(); },
      [](FeatureRelations& r) { r.weights.pop_back(); },
      [](FeatureRelations& r) { r.weights[1] = 0; },
      [](FeatureRelations& r) { r.weights[0] = std::numeric_limits<double>::infinity(); },
      [](FeatureRelations& r) { r.means[0] = std::numeric_limits<double>::quiet_NaN(); },
      [](FeatureRelations& r) { r.threshold = 0; },
      [](FeatureRelations& r) { r.threshold = std::numeric_limits<double>::infinity(); },
  };
  for (size_t i = 0; i < spoilers.size(); ++i) {
    FeatureRelations relations = Double();
    spoilers[i](relations);
    EXPECT_THAT(relations.Validate(4), StatusIs(invalid, ::testing::HasSubstr("relations"))) << i;
  }
}

}  // namespace
}  // namespace advae
