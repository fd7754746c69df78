#include "model/fitting/member_combination.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "model/scoring/scorer.h"
#include "tests/testing/random_model.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::RandomRows;
using testing::RandomWeights;
using testing::StatusIs;

class CombineMembersTest : public ::testing::Test {
 protected:
  // Members 0 and 1, one of which every second row is held out from.
  TrainedMembers HeldOut(v1::ErrorMetric metric) {
    TrainedMembers members{.networks = networks_, .held_out_from = {}, .error_metric = metric};
    for (size_t i = 0; i < rows_.rows(); ++i) members.held_out_from.push_back(i % 2);
    return members;
  }

  absl::StatusOr<CombinedMembers> Combine(const TrainedMembers& members) {
    return CombineMembers(members, rows_.view(), scaler_, plan_, std::nullopt, /*threads=*/2);
  }

  std::vector<double> Scores(const Ensemble& ensemble) {
    const auto scorer = Scorer::Create(ensemble, scaler_, plan_);
    std::vector<double> scores(rows_.rows());
    (*scorer)->Score(rows_.view(), scores);
    return scores;
  }

  Matrix rows_ = RandomRows(40, 3, /*seed=*/1);
  MinMaxScaler scaler_ = *MinMaxScaler::Fit(rows_.view());
  LatentPlan plan_ = *DrawLatentPlan({}, 2, /*default_seed=*/1);
  std::vector<NetworkWeights> networks_ = {RandomWeights({3, 5, 4, 2, 6, 7}, /*seed=*/2),
                                           RandomWeights({3, 5, 4, 2, 6, 7}, /*seed=*/3)};
};

TEST_F(CombineMembersTest, OneMemberIsThePapers) {
  ASSERT_OK_AND_ASSIGN(const CombinedMembers combined, Combine({.networks = {networks_[0]}}));
  ASSERT_EQ(combined.ensemble.size(), 1);
  EXPECT_EQ(combined.ensemble[0].weight, 1);
  EXPECT_THAT(combined.ensemble[0].whitening, IsEmpty());
  EXPECT_EQ(combined.training_scores, Scores({{.networks = networks_[0]}}));
}

TEST_F(CombineMembersTest, WithoutHeldOutRowsTrainingScoresAreTheVersions) {
  ASSERT_OK_AND_ASSIGN(const CombinedMembers combined, Combine({.networks = networks_}));
  EXPECT_EQ(combined.training_scores, Scores(combined.ensemble));
}

TEST_F(CombineMembersTest, BalancesTheMembersByTheirHeldOutRows) {
  ASSERT_OK_AND_ASSIGN(const CombinedMembers combined, Combine(HeldOut(v1::ERROR_METRIC_SQUARED)));
  const std::vector<double> scores[] = {Scores({{.networks = networks_[0]}}),
                                        Scores({{.networks = networks_[1]}})};
  double sums[2] = {};
  for (size_t i = 0; i < 40; ++i) sums[i % 2] += combined.ensemble[i % 2].weight * scores[i % 2][i];
  EXPECT_NEAR(sums[0], sums[1], 1e-9);
}

// Each member has seen as many rows as not, so that a row it has seen takes the score of the one
// that it has not seen and that has the same rank.
TEST_F(CombineMembersTest, ATrainingScoreIsThatOfMembersThatHaveNotSeenTheRow) {
  ASSERT_OK_AND_ASSIGN(const CombinedMembers combined, Combine(HeldOut(v1::ERROR_METRIC_SQUARED)));
  std::vector<double> expected(40);
  for (size_t member = 0; member < 2; ++member) {
    const std::vector<double> scores = Scores({combined.ensemble[member]});
    std::vector<double> unseen;
    for (size_t i = member; i < 40; i += 2) unseen.push_back(scores[i]);
    std::ranges::sort(unseen);
    for (size_t i = 0; i < 40; ++i) {
      size_t rank = 0;
      for (size_t other = 1 - member; other < 40; other += 2) rank += scores[other] < scores[i];
      expected[i] += i % 2 == member ? scores[i] : unseen[rank];
    }
  }
  for (size_t i = 0; i < 40; ++i) EXPECT_DOUBLE_EQ(combined.training_scores[i], expected[i]);
}

TEST_F(CombineMembersTest, WhitensEachMemberWhenAsked) {
  ASSERT_OK_AND_ASSIGN(const CombinedMembers combined, Combine(HeldOut(v1::ERROR_METRIC_WHITENED)));
  EXPECT_THAT(combined.ensemble, Each(Field(&EnsembleMember::whitening, Not(IsEmpty()))));
  EXPECT_NE(combined.ensemble[0].whitening, combined.ensemble[1].whitening);
}

TEST_F(CombineMembersTest, AutomaticTakesTheMetricUnderWhichHeldOutRowsScoreMostAlike) {
  const auto deviation = [this](const CombinedMembers& combined) {
    const std::vector<double> scores[] = {Scores({combined.ensemble[0]}),
                                          Scores({combined.ensemble[1]})};
    double sum = 0;
    double squares = 0;
    for (size_t i = 0; i < 40; ++i) {
      const double logarithm = std::log(scores[i % 2][i]);
      sum += logarithm;
      squares += logarithm * logarithm;
    }
    return squares / 40 - sum / 40 * sum / 40;
  };
  ASSERT_OK_AND_ASSIGN(const CombinedMembers squared, Combine(HeldOut(v1::ERROR_METRIC_SQUARED)));
  ASSERT_OK_AND_ASSIGN(const CombinedMembers whitened, Combine(HeldOut(v1::ERROR_METRIC_WHITENED)));
  ASSERT_OK_AND_ASSIGN(const CombinedMembers chosen, Combine(HeldOut(v1::ERROR_METRIC_AUTOMATIC)));
  EXPECT_EQ(chosen.training_scores, deviation(whitened) < deviation(squared)
                                        ? whitened.training_scores
                                        : squared.training_scores);
}

TEST_F(CombineMembersTest, AutomaticIsThePapersMetricWithoutHeldOutRows) {
  ASSERT_OK_AND_ASSIGN(
      const CombinedMembers combined,
      Combine({.networks = networks_, .error_metric = v1::ERROR_METRIC_AUTOMATIC}));
  EXPECT_THAT(combined.ensemble, Each(Field(&EnsembleMember::whitening, IsEmpty())));
}

TEST_F(CombineMembersTest, RejectsRowsThatWereHeldOutFromNoMember) {
  TrainedMembers members = HeldOut(v1::ERROR_METRIC_SQUARED);
  members.held_out_from[7] = 2;
  EXPECT_THAT(Combine(members), StatusIs(absl::StatusCode::kInvalidArgument,
                                         HasSubstr("each of the 40 training rows which of the 2")));
  members.held_out_from.pop_back();
  EXPECT_THAT(Combine(members), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("40")));
}

}  // namespace
}  // namespace advae
