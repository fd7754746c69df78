#include "model/fitting/fit_neighborhood.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "model/neighborhood/neighborhood_stage.h"
#include "tests/testing/random_model.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using testing::RandomRows;
using testing::StatusIs;

std::vector<double> NetworkScores(size_t count) {
  std::vector<double> scores(count);
  for (size_t i = 0; i < count; ++i) scores[i] = 1 + static_cast<double>(i % 17);
  return scores;
}

FittedNeighborhood Fit(const Matrix& rows, const NeighborhoodOptions& options) {
  auto fitted = FitNeighborhood(rows.view(), *MinMaxScaler::FitRobust(rows.view()),
                                NetworkScores(rows.rows()), options);
  EXPECT_THAT(fitted, testing::IsOk());
  return *std::move(fitted);
}

// The mean distance of row i to its k nearest others.
double Radius(const Matrix& rows, size_t i, size_t k) {
  std::vector<double> distances;
  for (size_t other = 0; other < rows.rows(); ++other) {
    if (other == i) continue;
    double sum = 0;
    for (size_t j = 0; j < rows.columns; ++j) {
      sum += std::pow(static_cast<double>(rows.row(i)[j]) - rows.row(other)[j], 2);
    }
    distances.push_back(std::sqrt(sum));
  }
  std::ranges::sort(distances);
  double sum = 0;
  for (size_t n = 0; n < k; ++n) sum += distances[n] / static_cast<double>(k);
  return sum;
}

TEST(FitNeighborhoodTest, RemembersAllRowsWithTheirRadii) {
  const Matrix rows = RandomRows(300, 4, 1);
  const FittedNeighborhood fitted = Fit(rows, {});
  const NeighborhoodMemory& memory = fitted.neighborhood.memory;
  EXPECT_EQ(memory.rows.values,
            MinMaxScaler::FitRobust(rows.view())->Transform(rows.view()).values);
  for (uint32_t i = 0; i < 300; ++i) {
    EXPECT_EQ(memory.training_rows[i], i);
    EXPECT_NEAR(memory.scaled_radii[i], Radius(memory.rows, i, kScaledNeighbors), 1e-5);
  }
}

TEST(FitNeighborhoodTest, ATrainingScoreIsThatOfAMemoryWithoutTheRow) {
  const Matrix rows = RandomRows(40, 3, 1);
  const FittedNeighborhood fitted = Fit(rows, {});
  const auto& [memory, scales, relations] = fitted.neighborhood;
  ASSERT_FALSE(relations.has_value());
  for (const size_t left_out : {0, 17, 39}) {
    NeighborhoodMemory others = memory;
    const auto erase = [left_out](auto& values, size_t size) {
      const auto at = values.begin() + static_cast<std::ptrdiff_t>(left_out * size);
      values.erase(at, at + static_cast<std::ptrdiff_t>(size));
    };
    erase(others.rows.values, 3);
    erase(others.training_rows, 1);
    const Matrix ranked = others.rank_map.Transform(others.rows);
    others.scaled_radii.clear();
    others.ranked_radii.clear();
    for (size_t i = 0; i < others.rows.rows(); ++i) {
      others.scaled_radii.push_back(static_cast<float>(Radius(others.rows, i, kScaledNeighbors)));
      others.ranked_radii.push_back(static_cast<float>(Radius(ranked, i, kRankedNeighbors)));
    }
    ASSERT_OK_AND_ASSIGN(
        const auto member,
        NeighborhoodMember::Create(std::move(others), SupportedInstructionSets().front()));
    std::vector<NeighborhoodScores> scores(1);
    NeighborhoodScratch scratch;
    BreakCounter breaks(nullptr);
    ASSERT_TRUE(member->Score(memory.rows.row(left_out).data(), scores, scratch, breaks));
    const double score = CombinedScore(Standardize(scales, NetworkScores(40)[left_out], scores[0]));
    // But for the slack of the ratios, which is the median of one radius more.
    EXPECT_NEAR(fitted.training_scores[left_out], score, 2e-3);
  }
}

// Rows whose third feature is the sum of the others.
Matrix Sums(size_t count) {
  Matrix rows = RandomRows(count, 3, 1);
  for (size_t i = 0; i < count; ++i) {
    rows.values[3 * i + 2] = rows.values[3 * i] + rows.values[3 * i + 1];
  }
  return rows;
}

TEST(FitNeighborhoodTest, ABrokenRelationCountsInTrainingScoresToo) {
  Matrix rows = Sums(600);
  const NeighborhoodOptions options{.memory_rows = 300};
  const std::vector<uint32_t> drawn = Fit(rows, options).neighborhood.memory.training_rows;
  uint32_t other = 0;
  while (std::ranges::binary_search(drawn, other)) ++other;
  rows.values[3 * other + 2] += 1;
  const FittedNeighborhood fitted = Fit(rows, options);
  ASSERT_TRUE(fitted.neighborhood.relations.has_value());
  EXPECT_EQ(std::ranges::max_element(fitted.training_scores) - fitted.training_scores.begin(),
            other);
  EXPECT_GT(fitted.training_scores[other], 8);
}

TEST(FitNeighborhoodTest, RelationsAreThoseOfRowsAsTheyCame) {
  const Matrix rows = Sums(200);
  Matrix incomplete = rows;
  // Estimated badly.
  Matrix estimated = rows;
  for (const size_t i : {3, 5, 8}) {
    incomplete.values[3 * i] = std::numeric_limits<float>::quiet_NaN();
    estimated.values[3 * i] += 0.5f;
  }
  const Matrix remembered = MinMaxScaler::FitRobust(rows.view())->Transform(estimated.view());
  const MatrixView came = incomplete.view();
  const FittedNeighborhood fitted =
      Fit(estimated, {.remembered = &remembered, .incomplete = &came});
  ASSERT_TRUE(fitted.neighborhood.relations.has_value());
  EXPECT_EQ(fitted.neighborhood.relations->threshold, 1) << "of an exact sum";
  EXPECT_LT(fitted.training_scores[5], 8) << "without a bonus";
}

TEST(FitNeighborhoodTest, AMedianRowScoresAboutOne) {
  std::vector<double> scores = Fit(RandomRows(500, 5, 1), {}).training_scores;
  std::ranges::sort(scores);
  EXPECT_NEAR(scores[250], 1, 0.15);
  EXPECT_GT(scores[450], 1.2);
  EXPECT_LT(scores[450], std::log2(3) + 0.1);
}

TEST(FitNeighborhoodTest, DrawsRowsWhenThereAreTooMany) {
  const Matrix rows = RandomRows(1000, 3, 1);
  const FittedNeighborhood fitted = Fit(rows, {.memory_rows = 100, .seed = 5});
  const std::vector<uint32_t>& drawn = fitted.neighborhood.memory.training_rows;
  EXPECT_EQ(drawn.size(), 100);
  EXPECT_EQ(std::set<uint32_t>(drawn.begin(), drawn.end()).size(), 100);
  EXPECT_TRUE(std::ranges::is_sorted(drawn));
  EXPECT_GT(drawn.back(), 900u);
  EXPECT_EQ(fitted.training_scores.size(), 1000);
  EXPECT_EQ(Fit(rows, {.memory_rows = 100, .seed = 5}).neighborhood.memory.training_rows, drawn);
  EXPECT_NE(Fit(rows, {.memory_rows = 100, .seed = 6}).neighborhood.memory.training_rows, drawn);
}

TEST(FitNeighborhoodTest, ThreadsChangeNoBit) {
  const Matrix rows = RandomRows(1500, 3, 1);
  EXPECT_EQ(Fit(rows, {.threads = 1}).training_scores, Fit(rows, {.threads = 3}).training_scores);
}

TEST(FitNeighborhoodTest, TwoRowsAndEqualRowsAreEnough) {
  for (const Matrix& rows : {Matrix{.values = {1, 2, 3, 4}, .columns = 2},
                             Matrix{.values = std::vector<float>(60, 1), .columns = 2}}) {
    for (const double score : Fit(rows, {}).training_scores) EXPECT_TRUE(std::isfinite(score));
  }
}

TEST(FitNeighborhoodTest, RefusesWhatItCannotUse) {
  const Matrix rows = RandomRows(10, 2, 1);
  const MinMaxScaler scaler = *MinMaxScaler::Fit(rows.view());
  const auto invalid = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(FitNeighborhood(rows.view(), scaler, NetworkScores(9), {}),
              StatusIs(invalid, HasSubstr("9 scores")));
  EXPECT_THAT(FitNeighborhood(rows.view().Slice(0, 1), scaler, NetworkScores(1), {}),
              StatusIs(invalid, HasSubstr("two or more")));
  EXPECT_THAT(FitNeighborhood(rows.view(), scaler, NetworkScores(10), {.memory_rows = 1}),
              StatusIs(invalid, HasSubstr("at least 2 rows")));
}

}  // namespace
}  // namespace advae
