#include "model/training/ensemble_trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <thread>
#include <vector>

#include "model/spec/hyperparameters.h"
#include "model/training/trainer.h"
#include "tests/testing/random_model.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::DoubleNear;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::RandomRows;
using testing::StatusIs;

constexpr auto kIgnore = [](const v1::TrainProgress&) {};

class EnsembleTrainerTest : public ::testing::Test {
 protected:
  EnsembleTrainerTest() {
    parameters_.set_hidden_size(5);
    parameters_.set_latent_size(2);
    parameters_.set_epochs(2);
    parameters_.set_ensemble_size(3);
  }

  v1::Hyperparameters Resolved() {
    return *ResolveHyperparameters(parameters_, TrainingDataSummary::Of(rows_.view()));
  }

  const Matrix rows_ = RandomRows(31, 4, /*seed=*/1);
  v1::Hyperparameters parameters_;
};

TEST_F(EnsembleTrainerTest, SpreadsLambdaAndGamma) {
  parameters_.set_lambda(0.1);
  parameters_.set_gamma(0.02);
  parameters_.set_lambda_spread(9);
  parameters_.set_batch_size(31);
  std::vector<double> lambdas;
  for (uint32_t i = 0; i < 3; ++i) {
    const v1::Hyperparameters member = MemberHyperparameters(Resolved(), i, /*rows=*/20);
    lambdas.push_back(member.lambda());
    EXPECT_DOUBLE_EQ(member.gamma(), 0.2 * member.lambda());
    EXPECT_EQ(member.batch_size(), 20);
  }
  EXPECT_THAT(lambdas, ElementsAre(DoubleNear(0.1 / 3, 1e-12), DoubleNear(0.1, 1e-12),
                                   DoubleNear(0.3, 1e-12)));
}

TEST_F(EnsembleTrainerTest, HoldsEachRowOutFromOneMember) {
  ASSERT_OK_AND_ASSIGN(const TrainedEnsemble ensemble,
                       TrainEnsemble(rows_.view(), Resolved(), {.seed = 1}, kIgnore));
  EXPECT_EQ(ensemble.members.networks.size(), 3);
  const std::vector<uint32_t>& held_out_from = ensemble.members.held_out_from;
  ASSERT_EQ(held_out_from.size(), 31);
  EXPECT_EQ(std::ranges::count(held_out_from, 0), 11);
  EXPECT_EQ(std::ranges::count(held_out_from, 1), 10);
  EXPECT_EQ(std::ranges::count(held_out_from, 2), 10);
  EXPECT_FALSE(std::ranges::is_sorted(held_out_from));
}

// A row held out from a member can be anything without a change of its networks.
TEST_F(EnsembleTrainerTest, AMemberDoesNotSeeItsOwnRows) {
  ASSERT_OK_AND_ASSIGN(const TrainedEnsemble before,
                       TrainEnsemble(rows_.view(), Resolved(), {.seed = 1}, kIgnore));
  Matrix changed = rows_;
  changed.values[4 * 4] += 0.5f;
  const uint32_t blind = before.members.held_out_from[4];
  ASSERT_OK_AND_ASSIGN(const TrainedEnsemble after,
                       TrainEnsemble(changed.view(), Resolved(), {.seed = 1}, kIgnore));
  for (uint32_t i = 0; i < 3; ++i) {
    const bool same = before.members.networks[i].generator.output.weight ==
                      after.members.networks[i].generator.output.weight;
    EXPECT_EQ(same, i == blind) << i;
  }
}

TEST_F(EnsembleTrainerTest, OneMemberIsAPlainTraining) {
  parameters_.set_ensemble_size(1);
  ASSERT_OK_AND_ASSIGN(const TrainedEnsemble ensemble,
                       TrainEnsemble(rows_.view(), Resolved(), {.seed = 7}, kIgnore));
  ASSERT_OK_AND_ASSIGN(const TrainedModel model, Train(rows_.view(), Resolved(), 7, kIgnore));
  ASSERT_EQ(ensemble.members.networks.size(), 1);
  EXPECT_EQ(ensemble.members.networks[0].encoder.mean.weight, model.weights.encoder.mean.weight);
  EXPECT_THAT(ensemble.members.held_out_from, IsEmpty());
  EXPECT_EQ(ensemble.final_losses.encoder(), model.final_losses.encoder());
}

TEST_F(EnsembleTrainerTest, CountsTheEpochsOfAllMembers) {
  std::vector<uint32_t> epochs;
  ASSERT_OK_AND_ASSIGN(
      const TrainedEnsemble ensemble,
      TrainEnsemble(rows_.view(), Resolved(), {.seed = 1}, [&](const v1::TrainProgress& progress) {
        EXPECT_EQ(progress.epochs(), 6);
        epochs.push_back(progress.epoch());
      }));
  EXPECT_TRUE(std::ranges::is_sorted(epochs));
  EXPECT_EQ(epochs.back(), 6);
}

TEST_F(EnsembleTrainerTest, ThreadsChangeNoBit) {
  parameters_.set_ensemble_size(4);
  ASSERT_OK_AND_ASSIGN(const TrainedEnsemble alone,
                       TrainEnsemble(rows_.view(), Resolved(), {.seed = 3, .threads = 1}, kIgnore));
  for (const int threads : {2, 3, 9}) {
    uint32_t last_epoch = 0;
    ASSERT_OK_AND_ASSIGN(const TrainedEnsemble together,
                         TrainEnsemble(rows_.view(), Resolved(), {.seed = 3, .threads = threads},
                                       [&](const v1::TrainProgress& progress) {
                                         EXPECT_GE(progress.epoch(), last_epoch);
                                         last_epoch = progress.epoch();
                                       }));
    EXPECT_EQ(last_epoch, 8);
    EXPECT_EQ(together.members.held_out_from, alone.members.held_out_from);
    EXPECT_EQ(together.final_losses.DebugString(), alone.final_losses.DebugString());
    for (uint32_t i = 0; i < 4; ++i) {
      const NetworkWeights& a = alone.members.networks[i];
      const NetworkWeights& b = together.members.networks[i];
      EXPECT_EQ(b.encoder.hidden1.weight, a.encoder.hidden1.weight);
      EXPECT_EQ(b.encoder.log_variance.bias, a.encoder.log_variance.bias);
      EXPECT_EQ(b.generator.output.weight, a.generator.output.weight);
    }
  }
}

TEST_F(EnsembleTrainerTest, ProgressIsToldOnTheCallersThread) {
  const std::thread::id caller = std::this_thread::get_id();
  EXPECT_THAT(TrainEnsemble(
                  rows_.view(), Resolved(), {.threads = 3},
                  [&](const v1::TrainProgress&) { EXPECT_EQ(std::this_thread::get_id(), caller); })
                  .status(),
              IsOk());
}

TEST_F(EnsembleTrainerTest, TwoRowsAreEnough) {
  const Matrix rows = RandomRows(2, 4, /*seed=*/1);
  ASSERT_OK_AND_ASSIGN(const TrainedEnsemble ensemble,
                       TrainEnsemble(rows.view(), Resolved(), {.seed = 1}, kIgnore));
  EXPECT_EQ(ensemble.members.networks.size(), 3);
}

TEST_F(EnsembleTrainerTest, NeedsAThread) {
  EXPECT_THAT(TrainEnsemble(rows_.view(), Resolved(), {.threads = 0}, kIgnore),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("1 thread, got 0")));
}

TEST_F(EnsembleTrainerTest, NamesTheMemberThatDiverges) {
  parameters_.set_generator_weight(3e38);
  parameters_.set_lambda(3e38);
  EXPECT_THAT(TrainEnsemble(rows_.view(), Resolved(), {.seed = 1}, kIgnore),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("member 0: ")));
  EXPECT_THAT(TrainEnsemble(rows_.view(), Resolved(), {.threads = 3}, kIgnore),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("member 0: ")));
}

}  // namespace
}  // namespace advae
