#include "model/fitting/fit_relations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "tests/testing/random_model.h"

namespace advae {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr double kNoise = 0.05;

// Noise, a load of [0, 1], a constant, and a power of 3 load with normal noise.
Matrix Loads(size_t rows, uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform;
  std::normal_distribution<double> normal(0, kNoise);
  Matrix loads{.values = {}, .columns = 4};
  for (size_t i = 0; i < rows; ++i) {
    const float load = uniform(random);
    const auto power = static_cast<float>(3 * load + normal(random));
    loads.values.insert(loads.values.end(), {uniform(random), load, 7, power});
  }
  return loads;
}

// Between all features.
std::optional<FittedRelations> FitAll(const Matrix& rows) {
  std::vector<uint32_t> features(rows.columns);
  std::iota(features.begin(), features.end(), 0);
  return FitRelations(rows, std::move(features));
}

double Break(const FeatureRelations& relations, std::span<const float> row) {
  std::vector<double> residuals(relations.explained.size());
  relations.Residuals(row.data(), residuals);
  return LargestResidual(residuals);
}

TEST(FitRelationsTest, FindsTheRelation) {
  const std::optional<FittedRelations> fitted = FitAll(Loads(2000, 1));
  ASSERT_TRUE(fitted);
  const FeatureRelations& relations = fitted->relations;
  EXPECT_TRUE(relations.Validate(4).ok());
  EXPECT_THAT(relations.related, ElementsAre(0, 1, 3)) << "the constant is not";
  EXPECT_THAT(relations.explained, ElementsAre(1, 2)) << "the noise is not";
  // The residual of the power is in standard deviations of its noise.
  std::vector<double> residuals(2);
  const std::vector<float> row = {0.5f, 0.5f, 7, static_cast<float>(1.5 + 20 * kNoise)};
  relations.Residuals(row.data(), residuals);
  EXPECT_NEAR(residuals[1], 20, 1);
  EXPECT_NEAR(relations.Expected(1, row[3], residuals[1]), 1.5, 0.01);
  EXPECT_NEAR(relations.Expected(0, row[1], residuals[0]), row[3] / 3, 0.01);
  // The largest of a thousand normal residuals, and few of these rows have a bonus.
  EXPECT_GT(relations.threshold, 2.8);
  EXPECT_LT(relations.threshold, 4.5);
  EXPECT_LE(std::ranges::count_if(fitted->bonuses, [](double bonus) { return bonus > 0; }), 2);
}

// The threshold of few rows is the largest break of one by the relations of all others.
TEST(FitRelationsTest, ARowDoesNotCountForItself) {
  const Matrix rows = Loads(40, 2);
  double largest = 0;
  double largest_seen = 0;
  const std::optional<FittedRelations> fitted = FitAll(rows);
  ASSERT_TRUE(fitted);
  for (size_t i = 0; i < rows.rows(); ++i) {
    Matrix others = rows;
    const auto at = others.values.begin() + static_cast<std::ptrdiff_t>(i * rows.columns);
    others.values.erase(at, at + static_cast<std::ptrdiff_t>(rows.columns));
    const std::optional<FittedRelations> without = FitAll(others);
    ASSERT_TRUE(without);
    largest = std::max(largest, Break(without->relations, rows.row(i)));
    largest_seen = std::max(largest_seen, Break(fitted->relations, rows.row(i)));
  }
  EXPECT_NEAR(fitted->relations.threshold, largest, 0.03 * largest);
  EXPECT_LT(largest_seen, 0.95 * largest) << "so that the test can tell";
}

TEST(FitRelationsTest, RelatesOnlyWhatItMay) {
  const std::optional<FittedRelations> fitted = FitRelations(Loads(500, 1), {1, 3});
  ASSERT_TRUE(fitted);
  EXPECT_THAT(fitted->relations.related, ElementsAre(1, 3));
  EXPECT_FALSE(FitRelations(Loads(500, 1), {0, 3}));
  EXPECT_FALSE(FitRelations(Loads(500, 1), {}));
}

TEST(FitRelationsTest, NothingWithoutARelation) {
  EXPECT_FALSE(FitAll(testing::RandomRows(500, 4, 1)));
  EXPECT_FALSE(FitAll({.values = std::vector<float>(400, 3), .columns = 4}));
  EXPECT_FALSE(FitAll({.values = std::vector<float>(400, kNan), .columns = 4}));
}

TEST(FitRelationsTest, NothingWithFewRowsForEachRelatedFeature) {
  EXPECT_TRUE(FitAll(Loads(15, 1)));
  EXPECT_FALSE(FitAll(Loads(14, 1)));
}

TEST(FitRelationsTest, NothingOfMoreFeaturesThanCanBeRelated) {
  const size_t columns = FeatureRelations::kMaxRelated + 1;
  Matrix rows = testing::RandomRows(5 * columns, columns, 1);
  for (size_t i = 0; i < rows.rows(); ++i) rows.values[i * columns] = rows.values[i * columns + 1];
  EXPECT_FALSE(FitAll(rows));
}

// Copies leave no residual: the ridge keeps that of rounding below the least threshold.
TEST(FitRelationsTest, CopiesAreQuiet) {
  Matrix rows = testing::RandomRows(300, 3, 1);
  for (size_t i = 0; i < rows.rows(); ++i) rows.values[3 * i + 2] = rows.values[3 * i];
  const std::optional<FittedRelations> fitted = FitAll(rows);
  ASSERT_TRUE(fitted);
  EXPECT_EQ(fitted->relations.threshold, 1);
  EXPECT_THAT(fitted->bonuses, Each(0.0));
  EXPECT_GT(Break(fitted->relations, std::vector<float>{0.5f, 0, 0.6f}), 5);
}

TEST(FitRelationsTest, RowsWithMissingValuesHaveNoPart) {
  Matrix rows = Loads(500, 1);
  const std::optional<FittedRelations> complete = FitAll(rows);
  for (size_t i = 0; i < 20; ++i) {
    // Broken, but for the missing load.
    rows.values.insert(rows.values.end(), {0.5f, kNan, 7, 100});
  }
  const std::optional<FittedRelations> fitted = FitAll(rows);
  ASSERT_TRUE(fitted);
  EXPECT_EQ(fitted->relations.weights, complete->relations.weights);
  EXPECT_EQ(fitted->relations.threshold, complete->relations.threshold);
  EXPECT_THAT(std::span(fitted->bonuses).last(20), Each(0.0));
}

TEST(FitRelationsTest, AFeatureThatIsOftenMissingIsNotRelated) {
  Matrix rows = Loads(500, 1);
  for (size_t i = 0; i < 60; ++i) rows.values[4 * i] = kNan;
  const std::optional<FittedRelations> fitted = FitAll(rows);
  ASSERT_TRUE(fitted);
  EXPECT_THAT(fitted->relations.related, ElementsAre(1, 3));
  for (size_t i = 0; i < 60; ++i) rows.values[4 * i + 1] = kNan;
  EXPECT_FALSE(FitAll(rows));
}

}  // namespace
}  // namespace advae
