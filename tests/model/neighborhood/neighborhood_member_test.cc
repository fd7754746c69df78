#include "model/neighborhood/neighborhood_member.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <thread>
#include <vector>

#include "tests/testing/random_model.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::RandomRows;
using testing::StatusIs;

// Remembers `rows`, all with the same radii.
NeighborhoodMemory Memory(Matrix rows, float radius = 1) {
  NeighborhoodMemory memory;
  memory.rank_map = RankMap::Fit(rows.view());
  memory.training_rows.resize(rows.rows());
  std::iota(memory.training_rows.begin(), memory.training_rows.end(), 100);
  memory.scaled_radii.assign(rows.rows(), radius);
  memory.ranked_radii.assign(rows.rows(), radius);
  memory.rows = std::move(rows);
  return memory;
}

std::unique_ptr<const NeighborhoodMember> Create(NeighborhoodMemory memory) {
  auto member = NeighborhoodMember::Create(std::move(memory), SupportedInstructionSets().front());
  EXPECT_THAT(member, testing::IsOk());
  return *std::move(member);
}

std::vector<NeighborhoodScores> Score(const NeighborhoodMember& member, const Matrix& rows,
                                      NeighborhoodScratch& scratch) {
  std::vector<NeighborhoodScores> scores(rows.rows());
  BreakCounter breaks(nullptr);
  EXPECT_TRUE(member.Score(rows.values.data(), scores, scratch, breaks));
  return scores;
}

// Two features; the k of three remembered rows is 2.
class SmallNeighborhoodTest : public ::testing::Test {
 protected:
  SmallNeighborhoodTest() {
    NeighborhoodMemory memory = Memory({.values = {0, 0, 0, 1, 1, 0}, .columns = 2});
    memory.scaled_radii = {1, 2, 4};
    member_ = Create(std::move(memory));
  }

  const Matrix row_ = {.values = {0, 4}, .columns = 2};
  std::unique_ptr<const NeighborhoodMember> member_;
  NeighborhoodScratch scratch_;
};

TEST_F(SmallNeighborhoodTest, ScoresByHand) {
  const std::vector<NeighborhoodScores> scores = Score(*member_, row_, scratch_);
  EXPECT_DOUBLE_EQ(scores[0].distance, 3);
  // To rows 1 and 0, whose radii are 2 and 1; the slack is a thousandth of the median radius.
  EXPECT_NEAR(scores[0].scaled_ratio, (3.5 + 0.002) / (1.5 + 0.002), 1e-7);
}

TEST_F(SmallNeighborhoodTest, RankedRatioIsThatOfTheRanks) {
  const std::vector<NeighborhoodScores> scores = Score(*member_, row_, scratch_);
  // Values 0, 0, 1 have the ranks 1/3, 1/3 and 5/6; 4 is at 5/6 + 3 * 3.
  const double high = 5.0 / 6 + 9;
  const double nearest = high - 5.0 / 6;
  const double next = high - 1.0 / 3;
  EXPECT_NEAR(scores[0].ranked_ratio, ((nearest + next) / 2 + 0.001) / 1.001, 1e-5);
}

TEST_F(SmallNeighborhoodTest, ScoresOfGivenSurroundingsByHand) {
  const std::vector<Neighbor> near = {{.row = 1, .squared_distance = 4},
                                      {.row = 2, .squared_distance = 16}};
  const std::vector<float> radii = {1, 3};
  const NeighborhoodScores scores =
      member_->ScoresOf({.rows = near, .radii = radii}, {.rows = near, .radii = radii});
  EXPECT_DOUBLE_EQ(scores.distance, 2);
  EXPECT_NEAR(scores.scaled_ratio, (3 + 0.002) / (2 + 0.002), 1e-7);
  EXPECT_NEAR(scores.ranked_ratio, (3 + 0.001) / (2 + 0.001), 1e-4);
}

TEST_F(SmallNeighborhoodTest, ExplainsByFeaturesAndNeighbors) {
  Score(*member_, row_, scratch_);
  std::vector<double> shares(2);
  member_->DistanceShares(row_.values.data(), 0, scratch_, shares);
  EXPECT_THAT(shares, ElementsAre(0, 1));
  member_->ScaledRatioShares(row_.values.data(), 0, scratch_, shares);
  EXPECT_THAT(shares, ElementsAre(0, 1));
  std::vector<float> expected(2);
  member_->Expected(0, scratch_, expected);
  EXPECT_THAT(expected, ElementsAre(0, 0.5f));
  ASSERT_EQ(member_->max_nearest_rows(), 2);
  std::vector<NearestRow> nearest(2);
  member_->NearestTrainingRows(0, scratch_, nearest);
  EXPECT_THAT(nearest, ElementsAre(NearestRow{.training_row = 101, .distance = 3},
                                   NearestRow{.training_row = 100, .distance = 4}));
}

TEST(NeighborhoodMemberTest, SharesOfARowThatIsRememberedAreEven) {
  const Matrix rows = {.values = {1, 2, 1, 2, 1, 2}, .columns = 2};
  const auto member = Create(Memory(rows));
  NeighborhoodScratch scratch;
  Score(*member, {.values = {1, 2}, .columns = 2}, scratch);
  std::vector<double> shares(2);
  member->RankedRatioShares(0, scratch, shares);
  EXPECT_THAT(shares, ElementsAre(0.5, 0.5));
}

TEST(NeighborhoodMemberTest, DuplicatesWithoutRadiusStayFinite) {
  const auto member = Create(Memory({.values = {1, 1, 1, 1}, .columns = 1}, /*radius=*/0));
  NeighborhoodScratch scratch;
  const std::vector<NeighborhoodScores> scores =
      Score(*member, {.values = {1, 1e12f}, .columns = 1}, scratch);
  EXPECT_EQ(scores[0].scaled_ratio, 1);
  EXPECT_TRUE(std::isfinite(scores[1].scaled_ratio));
  EXPECT_TRUE(std::isfinite(scores[1].ranked_ratio));
  EXPECT_GT(scores[1].ranked_ratio, scores[0].ranked_ratio);
}

TEST(NeighborhoodMemberTest, SameBitsInEveryBatchAndThread) {
  const auto member = Create(Memory(RandomRows(300, 7, 1)));
  const Matrix rows = RandomRows(50, 7, 2);
  NeighborhoodScratch scratch;
  const std::vector<NeighborhoodScores> together = Score(*member, rows, scratch);
  const auto one_by_one = [&] {
    NeighborhoodScratch own;
    for (size_t i = 0; i < rows.rows(); ++i) {
      const std::span<const float> row = rows.row(i);
      const NeighborhoodScores alone =
          Score(*member, {.values = {row.begin(), row.end()}, .columns = 7}, own)[0];
      EXPECT_EQ(alone.distance, together[i].distance);
      EXPECT_EQ(alone.scaled_ratio, together[i].scaled_ratio);
      EXPECT_EQ(alone.ranked_ratio, together[i].ranked_ratio);
    }
  };
  std::jthread first(one_by_one);
  std::jthread second(one_by_one);
}

TEST(NeighborhoodMemberTest, CreateRefusesWhatDoesNotFit) {
  const auto invalid = [](NeighborhoodMemory memory, const char* message) {
    EXPECT_THAT(NeighborhoodMember::Create(std::move(memory), SupportedInstructionSets().front()),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)));
  };
  const NeighborhoodMemory good = Memory(RandomRows(4, 2, 1));
  NeighborhoodMemory memory = good;
  memory.scaled_radii.pop_back();
  invalid(memory, "3 and 4 radii");
  memory = good;
  memory.ranked_radii[1] = -1;
  invalid(memory, "radius");
  memory = good;
  memory.rows.values[3] = 1e30f;
  invalid(memory, "out of range");
  memory = good;
  memory.rank_map.columns = 3;
  invalid(memory, "ranks 3");
  invalid(Memory(RandomRows(1, 2, 1)), "two or more");
}

}  // namespace
}  // namespace advae
