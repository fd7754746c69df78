#include "model/neighborhood/neighborhood_stage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "model/scoring/scorer.h"
#include "tests/testing/random_model.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using testing::RandomRows;
using testing::RandomWeights;
using testing::StatusIs;

Neighborhood RandomNeighborhood(size_t rows, size_t columns) {
  NeighborhoodMemory memory;
  memory.rows = RandomRows(rows, columns, 3);
  memory.rank_map = RankMap::Fit(memory.rows.view());
  memory.training_rows.resize(rows);
  std::iota(memory.training_rows.begin(), memory.training_rows.end(), 0);
  memory.scaled_radii.assign(rows, 0.5f);
  memory.ranked_radii.assign(rows, 0.5f);
  return {.memory = std::move(memory), .scales = {}};
}

class NeighborhoodStageTest : public ::testing::Test {
 protected:
  // With the same networks and plan.
  std::unique_ptr<const Scorer> Create(std::optional<Neighborhood> neighborhood) const {
    auto scorer = Scorer::Create(
        {{.networks = weights_}},
        *MinMaxScaler::FromRanges(std::vector<float>(4, -1), std::vector<float>(4, 1)), plan_,
        std::move(neighborhood));
    EXPECT_THAT(scorer, testing::IsOk());
    return *std::move(scorer);
  }

  const NetworkWeights weights_ = RandomWeights({4, 6, 5, 2, 5, 6}, 1);
  const LatentPlan plan_ = *DrawLatentPlan({}, 2, /*default_seed=*/1);
  const Matrix rows_ = RandomRows(70, 4, 2, /*scale=*/2);
};

TEST(CombinedScoreTest, IsTheScoreOfTheMean) {
  EXPECT_DOUBLE_EQ(CombinedScore({0, 0, 0, 0}), 1);
  EXPECT_DOUBLE_EQ(CombinedScore({1, 2, 3, 2}), std::log2(1 + 4));
}

TEST(StandardizeTest, EachPartHasItsScale) {
  OfParts<PartScale> scales;
  for (size_t i = 0; i < scales.size(); ++i) scales[i].width = 1 + static_cast<double>(i);
  const double e = std::exp(6);
  const OfParts<double> z =
      Standardize(scales, e, {.distance = e, .scaled_ratio = e, .ranked_ratio = e});
  EXPECT_DOUBLE_EQ(z[0], 6);
  EXPECT_DOUBLE_EQ(z[1], 3);
  EXPECT_DOUBLE_EQ(z[2], 2);
  EXPECT_DOUBLE_EQ(z[3], 1.5);
}

TEST_F(NeighborhoodStageTest, ScoreIsThatOfItsParts) {
  const Neighborhood neighborhood = RandomNeighborhood(50, 4);
  const auto scorer = Create(neighborhood);
  std::vector<double> networks(rows_.rows());
  Create(std::nullopt)->Score(rows_.view(), networks);
  std::vector<double> scores(rows_.rows());
  scorer->Score(rows_.view(), scores);

  ASSERT_OK_AND_ASSIGN(
      const auto member,
      NeighborhoodMember::Create(neighborhood.memory, SupportedInstructionSets().front()));
  const Matrix scaled = scorer->scaler().Transform(rows_.view());
  std::vector<NeighborhoodScores> parts(rows_.rows());
  NeighborhoodScratch scratch;
  BreakCounter breaks(nullptr);
  ASSERT_TRUE(member->Score(scaled.values.data(), parts, scratch, breaks));
  for (size_t i = 0; i < scores.size(); ++i) {
    EXPECT_EQ(scores[i], CombinedScore(Standardize(neighborhood.scales, networks[i], parts[i])));
  }
}

TEST_F(NeighborhoodStageTest, ContributionsSumToTheScore) {
  const auto scorer = Create(RandomNeighborhood(50, 4));
  std::vector<double> scores(rows_.rows());
  std::vector<double> contributions(rows_.values.size());
  std::vector<float> expected(rows_.values.size());
  scorer->Score(rows_.view(), scores, {.expected = expected, .contributions = contributions});
  std::vector<double> alone(rows_.rows());
  scorer->Score(rows_.view(), alone);
  EXPECT_EQ(scores, alone);
  for (size_t i = 0; i < scores.size(); ++i) {
    double sum = 0;
    for (size_t j = 0; j < 4; ++j) {
      EXPECT_GE(contributions[i * 4 + j], 0);
      sum += contributions[i * 4 + j];
    }
    EXPECT_NEAR(sum, scores[i], 1e-9 * scores[i]);
  }
}

TEST_F(NeighborhoodStageTest, TheOddFeatureContributesMost) {
  const auto scorer = Create(RandomNeighborhood(50, 4));
  Matrix row{.values = {0, 0, 40, 0}, .columns = 4};
  std::vector<double> scores(1);
  std::vector<double> contributions(4);
  scorer->Score(row.view(), scores, {.contributions = contributions});
  EXPECT_GT(contributions[2], 0.9 * scores[0]);
}

// Against a search by hand, in one call and row by row.
TEST_F(NeighborhoodStageTest, NamesTheNearestRows) {
  Neighborhood neighborhood = RandomNeighborhood(50, 4);
  for (uint32_t& row : neighborhood.memory.training_rows) row = 1000 + 3 * row;
  const Matrix remembered = neighborhood.memory.rows;
  const auto scorer = Create(std::move(neighborhood));
  ASSERT_EQ(scorer->max_nearest_rows(), 20);
  constexpr size_t kCount = 7;
  std::vector<double> scores(rows_.rows());
  std::vector<NearestRow> nearest(rows_.rows() * kCount);
  scorer->Score(rows_.view(), scores, {.nearest = nearest, .nearest_count = kCount});
  const Matrix scaled = scorer->scaler().Transform(rows_.view());
  for (size_t i = 0; i < rows_.rows(); ++i) {
    std::vector<std::pair<double, uint32_t>> all;
    for (size_t n = 0; n < remembered.rows(); ++n) {
      double sum = 0;
      for (size_t j = 0; j < 4; ++j) {
        const double difference = static_cast<double>(scaled.row(i)[j]) - remembered.row(n)[j];
        sum += difference * difference;
      }
      all.emplace_back(std::sqrt(sum), static_cast<uint32_t>(1000 + 3 * n));
    }
    std::ranges::sort(all);
    for (size_t n = 0; n < kCount; ++n) {
      EXPECT_EQ(nearest[i * kCount + n].training_row, all[n].second);
      EXPECT_NEAR(nearest[i * kCount + n].distance, all[n].first, 1e-5);
    }
    std::vector<NearestRow> alone(kCount);
    scorer->Score(rows_.view().Slice(i, 1), {scores.data(), 1},
                  {.nearest = alone, .nearest_count = kCount});
    EXPECT_TRUE(std::ranges::equal(alone, std::span(nearest).subspan(i * kCount, kCount)));
  }
}

// x_1 = x_0: t = 10 (x_1 - x_0) in scaled units.
FeatureRelations Equality() {
  return {
      .related = {0, 1}, .means = {0, 0}, .explained = {1}, .weights = {-10, 10}, .threshold = 2};
}

TEST_F(NeighborhoodStageTest, ABrokenRelationAddsItsBonus) {
  Neighborhood neighborhood = RandomNeighborhood(50, 4);
  const auto without = Create(neighborhood);
  neighborhood.relations = Equality();
  const auto with = Create(std::move(neighborhood));
  EXPECT_EQ(with->multiply_adds(), without->multiply_adds() + 2);
  // Scaled from [-1, 1] to [0, 1]: residuals of 0, 2 and 8.
  const Matrix rows{.values = {0, 0, 0, 0, 0, 0.4f, 0, 0, -0.8f, 0.8f, 0, 0}, .columns = 4};
  std::vector<double> scores(3);
  std::vector<double> contributions(12);
  std::vector<float> expected(12);
  with->Score(rows.view(), scores, {.expected = expected, .contributions = contributions});
  std::vector<double> plain(3);
  std::vector<double> plain_contributions(12);
  std::vector<float> plain_expected(12);
  without->Score(rows.view(), plain,
                 {.expected = plain_expected, .contributions = plain_contributions});
  EXPECT_EQ(scores[0], plain[0]);
  EXPECT_EQ(scores[1], plain[1]) << "at the threshold";
  // s = log2(1 + 2^z), and the bonus is 2 log2(8 / 2) = 4.
  const double z = std::log2(std::exp2(plain[2]) - 1);
  EXPECT_NEAR(scores[2], std::log2(1 + std::exp2(z + 4)), 1e-5);
  for (size_t j = 0; j < 4; ++j) {
    const double added = j == 1 ? scores[2] - plain[2] : 0;
    EXPECT_NEAR(contributions[8 + j], plain_contributions[8 + j] + added, 1e-9);
    if (j == 1) continue;
    EXPECT_EQ(expected[8 + j], plain_expected[8 + j]);
  }
  EXPECT_NEAR(expected[9], 0.1, 1e-6) << "as x_0 says";
  EXPECT_EQ(expected[5], plain_expected[5]) << "at the threshold";
}

TEST_F(NeighborhoodStageTest, NamesAllButOneOfFewRows) {
  EXPECT_EQ(Create(RandomNeighborhood(5, 4))->max_nearest_rows(), 4);
  EXPECT_EQ(Create(std::nullopt)->max_nearest_rows(), 0);
}

TEST_F(NeighborhoodStageTest, SameBitsInEveryBatch) {
  Neighborhood neighborhood = RandomNeighborhood(200, 4);
  neighborhood.relations = Equality();
  const auto scorer = Create(std::move(neighborhood));
  std::vector<double> together(rows_.rows());
  scorer->Score(rows_.view(), together);
  for (size_t i = 0; i < rows_.rows(); ++i) {
    double alone = 0;
    scorer->Score(rows_.view().Slice(i, 1), {&alone, 1});
    EXPECT_EQ(alone, together[i]);
  }
}

TEST_F(NeighborhoodStageTest, EveryFiniteRowHasAFiniteScore) {
  Neighborhood neighborhood = RandomNeighborhood(50, 4);
  neighborhood.relations = Equality();
  const auto scorer = Create(std::move(neighborhood));
  const float most = std::numeric_limits<float>::max();
  const Matrix rows{.values = {most, most, most, most, -most, most, 0, 0}, .columns = 4};
  std::vector<double> scores(2);
  scorer->Score(rows.view(), scores);
  for (const double score : scores) {
    EXPECT_TRUE(std::isfinite(score));
    EXPECT_GT(score, 8);
  }
}

TEST_F(NeighborhoodStageTest, BreaksEndIt) {
  const auto scorer = Create(RandomNeighborhood(5000, 4));
  std::vector<double> scores(1);
  ScoringMemory memory;
  size_t breaks = 0;
  const ScoringBreaks stop_late{.multiply_adds = scorer->multiply_adds() / 2,
                                .should_stop = [&breaks] { return ++breaks > 1; }};
  EXPECT_GT(scorer->multiply_adds(), 2 * 5000 * 4u);
  scorer->Score(rows_.view().Slice(0, 1), scores, {}, memory, stop_late);
  EXPECT_GT(breaks, 0u);
  const ScoringBreaks stop{.multiply_adds = 1, .should_stop = [] { return true; }};
  EXPECT_FALSE(scorer->Score(rows_.view().Slice(0, 1), scores, {}, memory, stop));
}

TEST_F(NeighborhoodStageTest, CreateRefusesWhatDoesNotFit) {
  const auto create = [&](Neighborhood neighborhood) {
    return Scorer::Create(
        {{.networks = weights_}},
        *MinMaxScaler::FromRanges(std::vector<float>(4, -1), std::vector<float>(4, 1)), plan_,
        std::optional(std::move(neighborhood)));
  };
  const auto invalid = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(create(RandomNeighborhood(5, 3)), StatusIs(invalid, HasSubstr("remembered rows")));
  Neighborhood neighborhood = RandomNeighborhood(5, 4);
  neighborhood.scales[2].width = 0;
  EXPECT_THAT(create(neighborhood), StatusIs(invalid, HasSubstr("width 0")));
}

}  // namespace
}  // namespace advae
