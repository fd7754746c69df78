#include "model/scoring/missing_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/scoring/scorer.h"
#include "tests/testing/random_model.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::RandomRows;
using testing::RandomWeights;
using testing::StatusIs;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
const float kNan = std::nanf("");
constexpr size_t kFeatures = 4;

TEST(MissingValuesTest, MediansStandIn) {
  const Matrix rows{.values = {1, kNan, 9, kNan, kNan, 2, kNan, 3, kNan}, .columns = 3};
  const MissingValues missing = MissingValues::Fit(rows.view(), {true, false, false}, /*marks=*/1);
  // Of {1}, {3} and {9, 2}: the lower one of two.
  EXPECT_THAT(missing.imputed, ElementsAre(1, 3, 2));
  EXPECT_EQ(missing.marks, 1);
  const Matrix even{.values = {4, 1, 3, 2}, .columns = 1};
  EXPECT_THAT(MissingValues::Fit(even.view(), {false}, 0).imputed, ElementsAre(2));
  const Matrix none{.values = {kNan, 1}, .columns = 2};
  EXPECT_THAT(MissingValues::Fit(none.view(), {false, false}, 0).imputed, ElementsAre(0, 1));
}

TEST(MissingValuesTest, ValidatesSizesAndValues) {
  const MissingValues good{.imputed = {1, 2}, .unusual = {true, false}, .marks = 1};
  EXPECT_THAT(good.Validate(2), IsOk());
  EXPECT_THAT(good.Validate(3), StatusIs(kInvalid, HasSubstr("expected for")));
  MissingValues bad = good;
  bad.marks = 2;
  EXPECT_THAT(bad.Validate(2), StatusIs(kInvalid, HasSubstr("expected for")));
  bad = good;
  bad.unusual.pop_back();
  EXPECT_THAT(bad.Validate(2), StatusIs(kInvalid, HasSubstr("expected for")));
  bad = good;
  bad.imputed[1] = kNan;
  EXPECT_THAT(bad.Validate(2), StatusIs(kInvalid, HasSubstr("not finite")));
}

// Two networks, one of which has a whitening or not, over [-1, 1], with a memory or not.
class MissingValuesScorerTest : public ::testing::TestWithParam<std::pair<bool, bool>> {
 protected:
  MissingValuesScorerTest() {
    if (!GetParam().first) return;
    for (size_t j = 0; j < kFeatures * kFeatures; ++j) {
      ensemble_[1].whitening.push_back(j % (kFeatures + 1) == 0 ? 1.5f : 0.1f);
    }
  }

  std::unique_ptr<const Scorer> Create(std::optional<MissingValues> missing) const {
    std::optional<Neighborhood> neighborhood;
    if (GetParam().second) {
      const size_t columns = kFeatures - (missing ? missing->marks : 0);
      NeighborhoodMemory memory;
      memory.rows = RandomRows(50, columns, 3);
      memory.rank_map = RankMap::Fit(memory.rows.view());
      memory.training_rows.resize(50);
      std::iota(memory.training_rows.begin(), memory.training_rows.end(), 0);
      memory.scaled_radii.assign(50, 0.5f);
      memory.ranked_radii.assign(50, 0.5f);
      neighborhood = {.memory = std::move(memory), .scales = {}, .relations = relations_};
    }
    auto scorer = Scorer::Create(ensemble_,
                                 *MinMaxScaler::FromRanges(std::vector<float>(kFeatures, -1),
                                                           std::vector<float>(kFeatures, 1)),
                                 plan_, std::move(neighborhood), std::move(missing));
    EXPECT_THAT(scorer, IsOk());
    return *std::move(scorer);
  }

  static double ScoreOf(const Scorer& scorer, const std::vector<float>& row) {
    double score = 0;
    scorer.Score({row.data(), 1, kFeatures}, {&score, 1});
    return score;
  }

  Ensemble ensemble_ = {{.networks = RandomWeights({kFeatures, 6, 5, 2, 5, 6}, 1), .weight = 0.5},
                        {.networks = RandomWeights({kFeatures, 6, 5, 2, 5, 6}, 2), .weight = 2}};
  std::optional<FeatureRelations> relations_;
  const LatentPlan plan_ = *DrawLatentPlan({}, 2, /*default_seed=*/1);
  const MissingValues missing_{
      .imputed = {0.25f, 0, -0.5f, 0}, .unusual = {false, true, false, false}, .marks = 1};
};

TEST_P(MissingValuesScorerTest, RowsWithoutMissingValuesAreScoredAsEver) {
  MissingValues unmarked = missing_;
  unmarked.marks = 0;
  const Matrix rows = RandomRows(60, kFeatures, 4);
  std::vector<double> scores(rows.rows());
  std::vector<double> expected(rows.rows());
  Create(unmarked)->Score(rows.view(), scores);
  Create(std::nullopt)->Score(rows.view(), expected);
  EXPECT_EQ(scores, expected);
}

// A missing value proves no broken relation, whatever is estimated in its place.
TEST_P(MissingValuesScorerTest, ARowWithAMissingRelatedFeatureHasNoBonus) {
  const Matrix rows{.values = {kNan, 0.9f, 0, 0, 0.1f, 0.9f, 0, 0, 0.1f, 0.9f, kNan, 1},
                    .columns = kFeatures};
  std::vector<double> plain(3);
  Create(missing_)->Score(rows.view(), plain);
  relations_ = {
      .related = {0, 1}, .means = {0, 0}, .explained = {1}, .weights = {-10, 10}, .threshold = 1};
  std::vector<double> scores(3);
  Create(missing_)->Score(rows.view(), scores);
  EXPECT_EQ(scores[0], plain[0]);
  const bool remembers = GetParam().second;
  EXPECT_EQ(scores[1] > plain[1] + 1, remembers);
  EXPECT_EQ(scores[2] > plain[2] + 1, remembers) << "another feature is missing";
}

TEST_P(MissingValuesScorerTest, AScoreDoesNotDependOnTheBatch) {
  const auto scorer = Create(missing_);
  Matrix rows = RandomRows(60, kFeatures, 4);
  for (size_t i = 0; i < rows.values.size(); i += 7) rows.values[i] = kNan;
  std::vector<double> scores(rows.rows());
  scorer->Score(rows.view(), scores);
  for (size_t i = 0; i < rows.rows(); ++i) {
    EXPECT_TRUE(std::isfinite(scores[i]));
    const auto row = rows.row(i);
    EXPECT_EQ(scores[i], ScoreOf(*scorer, {row.begin(), row.end()}));
  }
}

TEST_P(MissingValuesScorerTest, ContributionsSumToTheScore) {
  const auto scorer = Create(missing_);
  const std::vector<float> row = {kNan, kNan, 0.5f, 1};
  double score = 0;
  std::vector<double> contributions(kFeatures);
  std::vector<float> expected(kFeatures);
  scorer->Score({row.data(), 1, kFeatures}, {&score, 1},
                {.expected = expected, .contributions = contributions});
  EXPECT_EQ(score, ScoreOf(*scorer, row));
  EXPECT_NEAR(std::accumulate(contributions.begin(), contributions.end(), 0.0), score,
              1e-9 * score);
  for (const float value : expected) EXPECT_TRUE(std::isfinite(value));
}

TEST_P(MissingValuesScorerTest, AValueThatIsNeverMissingIsMissed) {
  MissingValues usual = missing_;
  usual.unusual.assign(kFeatures, false);
  const std::vector<float> row = {0, kNan, 0, 0};
  EXPECT_GT(ScoreOf(*Create(missing_), row), ScoreOf(*Create(usual), row));
}

using MissingValuesMemoryTest = MissingValuesScorerTest;

TEST_P(MissingValuesMemoryTest, TheNearestRowGivesItsValues) {
  MissingValues usual = missing_;
  usual.unusual.assign(kFeatures, false);
  const auto scorer = Create(usual);
  const Matrix memory = RandomRows(50, kFeatures - 1, 3);
  // A row that is remembered but for one value, in the units of rows, which range over [-1, 1].
  std::vector<float> row(kFeatures, 0);
  for (size_t j = 0; j + 1 < kFeatures; ++j) row[j] = memory.row(7)[j] * 2 - 1;
  std::vector<float> incomplete = row;
  incomplete[1] = kNan;
  EXPECT_NEAR(ScoreOf(*scorer, incomplete), ScoreOf(*scorer, row), 1e-5);
}

TEST_P(MissingValuesScorerTest, ARowWithoutValuesHasAFiniteScore) {
  EXPECT_TRUE(std::isfinite(ScoreOf(*Create(missing_), {kNan, kNan, kNan, 1})));
}

INSTANTIATE_TEST_SUITE_P(Parts, MissingValuesScorerTest,
                         ::testing::Values(std::pair(false, false), std::pair(true, false),
                                           std::pair(false, true), std::pair(true, true)));

INSTANTIATE_TEST_SUITE_P(Parts, MissingValuesMemoryTest,
                         ::testing::Values(std::pair(false, true), std::pair(true, true)));

// The error of what is there, as if the others had the same, and 1 for each member's weight.
TEST(MissingValuesTest, GoldenScore) {
  const NetworkWeights weights = RandomWeights({kFeatures, 6, 5, 2, 5, 6}, 1);
  const LatentPlan plan = *DrawLatentPlan({}, 2, /*default_seed=*/1);
  const MinMaxScaler scaler =
      *MinMaxScaler::FromRanges(std::vector<float>(kFeatures, 0), std::vector<float>(kFeatures, 1));
  const Ensemble ensemble = {{.networks = weights, .weight = 3}};
  ASSERT_OK_AND_ASSIGN(const auto scorer,
                       Scorer::Create(ensemble, scaler, plan, std::nullopt,
                                      MissingValues{.imputed = {0.25f, 0.5f, 0, 0},
                                                    .unusual = {false, true, false, false},
                                                    .marks = 0}));
  // The network sees 0.25 and 0.5 in the place of what is missing.
  ASSERT_OK_AND_ASSIGN(const auto plain, Scorer::Create(ensemble, scaler, plan, std::nullopt));
  const std::vector<float> imputed = {0.25f, 0.5f, 0.75f, 1};
  double ignored = 0;
  std::vector<double> contributions(kFeatures);
  plain->Score({imputed.data(), 1, kFeatures}, {&ignored, 1}, {.contributions = contributions});
  const std::vector<float> row = {kNan, kNan, 0.75f, 1};
  double score = 0;
  scorer->Score({row.data(), 1, kFeatures}, {&score, 1});
  EXPECT_NEAR(score, (contributions[2] + contributions[3]) * 4 / 2 + 3, 1e-9);
}

}  // namespace
}  // namespace advae
