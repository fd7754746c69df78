#include "model/training/training_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/testing/random_model.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::RandomWeights;

// d = h = k = 1: hidden2 = x, mu = 2 x, log sigma^2 = 0, G = sigmoid(mu).
NetworkWeights TinyNetworks(float output_bias) {
  const auto layer = [](float weight, float bias) { return DenseLayer{1, 1, {weight}, {bias}}; };
  return {.encoder = {layer(1, 0), layer(1, 0), layer(2, 0), layer(0, 0)},
          .generator = {layer(1, 0), layer(1, 0), layer(1, output_bias)}};
}

TEST(EvaluateHeldOutTest, AveragesOverTheRowsOfEachMember) {
  const std::vector<float> rows = {1, 0.5f};
  const TrainedMembers members{.networks = {TinyNetworks(0), TinyNetworks(1)},
                               .held_out_from = {0, 1}};
  const auto quality = EvaluateHeldOut(members, {rows.data(), 2, 1});
  ASSERT_TRUE(quality.has_value());
  EXPECT_EQ(quality->rows(), 2);
  // KLD = mu^2 / 2: 2 and 0.5. G = sigmoid(2) for both rows: 1 + 0 and 0.5 * 2 + 1.
  EXPECT_NEAR(quality->kld(), 1.25, 1e-6);
  const double g = 1 / (1 + std::exp(-2.0));
  EXPECT_NEAR(quality->reconstruction(), (std::pow(1 - g, 2) + std::pow(0.5 - g, 2)) / 2, 1e-6);
}

TEST(EvaluateHeldOutTest, IsUnsetWithoutHeldOutRows) {
  const std::vector<float> rows = {1};
  EXPECT_FALSE(EvaluateHeldOut({.networks = {TinyNetworks(0)}}, {rows.data(), 1, 1}).has_value());
}

class TrainingWarningsTest : public ::testing::Test {
 protected:
  TrainingWarningsTest() {
    parameters_.set_objective(v1::OBJECTIVE_ADVAE);
    parameters_.set_latent_size(10);
    losses_.set_encoder_kld(5);
    losses_.set_encoder_reconstruction(0.5);
    held_out_.set_reconstruction(0.6);
  }

  std::vector<std::string> Warnings() {
    return TrainingWarnings(parameters_, losses_, held_out_, /*total_variance=*/1);
  }

  v1::Hyperparameters parameters_;
  v1::LossTerms losses_;
  v1::HeldOutQuality held_out_;
};

TEST_F(TrainingWarningsTest, NoneForAGoodTraining) { EXPECT_THAT(Warnings(), IsEmpty()); }

TEST_F(TrainingWarningsTest, Collapse) {
  losses_.set_encoder_kld(0.09);
  EXPECT_THAT(Warnings(), ElementsAre(HasSubstr("collapsed")));
  parameters_.set_objective(v1::OBJECTIVE_AE);  // has no KLD
  EXPECT_THAT(Warnings(), IsEmpty());
}

TEST_F(TrainingWarningsTest, NoBetterThanTheMean) {
  losses_.set_encoder_reconstruction(1);
  EXPECT_THAT(Warnings(), ElementsAre(HasSubstr("no better than the rows' mean")));
}

TEST_F(TrainingWarningsTest, RowsLearnedByHeart) {
  held_out_.set_reconstruction(1.6);
  EXPECT_THAT(Warnings(), ElementsAre(HasSubstr("held out")));
}

}  // namespace
}  // namespace advae
