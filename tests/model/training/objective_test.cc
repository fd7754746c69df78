#include "model/training/objective.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <span>
#include <vector>

#include "model/networks/perceptron.h"
#include "model/training/adversarial_objective.h"
#include "model/training/autoencoder_objective.h"
#include "model/training/objective_factory.h"
#include "tests/model/networks/small_networks.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::IsOk;
using ::advae::testing::RandomRows;
using ::advae::testing::Seeded;
using ::advae::testing::SmallNetworks;
using ::testing::Each;
using ::testing::FloatEq;

constexpr int64_t kFeatures = 6;

v1::Hyperparameters Parameters(v1::Objective objective) {
  v1::Hyperparameters parameters = SmallNetworks(objective);
  parameters.set_lambda(0.1);
  parameters.set_margin_x(0.5);
  parameters.set_margin_z(1.5);
  return parameters;
}

AdversarialObjective MakeAdversarial() {
  return AdversarialObjective(Parameters(v1::OBJECTIVE_ADVAE), kFeatures, Seeded(1));
}

std::vector<float> ParametersOf(const Perceptron& network) {
  const std::span<const float> parameters = network.buffers().parameters;
  return {parameters.begin(), parameters.end()};
}

TEST(AdversarialObjectiveTest, AStepMovesAllThreeNetworks) {
  AdversarialObjective objective = MakeAdversarial();
  for (const Perceptron* network :
       {&objective.encoder(), &objective.generator(), &objective.transformer()}) {
    const std::vector<float> before = ParametersOf(*network);
    objective.Step(RandomRows(16, kFeatures), 0.01);
    EXPECT_NE(ParametersOf(*network), before);
  }
}

// The draws come before the networks' losses, so only step 1's own losses know nothing of its
// update: E's reconstruction is that of the G that step 1 has moved.
TEST(AdversarialObjectiveTest, EncoderTrainsAgainstTheUpdatedGenerator) {
  AdversarialObjective moved = MakeAdversarial();
  AdversarialObjective unmoved = MakeAdversarial();
  const v1::LossTerms after = moved.Step(RandomRows(16, kFeatures), 0.01);
  const v1::LossTerms without = unmoved.Step(RandomRows(16, kFeatures), 0);
  EXPECT_EQ(after.reconstruction(), without.reconstruction());
  EXPECT_NE(after.encoder_reconstruction(), without.encoder_reconstruction());
}

TEST(AdversarialObjectiveTest, LossesAreMadeOfTheirTerms) {
  AdversarialObjective objective = MakeAdversarial();
  const v1::LossTerms l = objective.Step(RandomRows(16, kFeatures), 0.01);
  EXPECT_NEAR(l.generator(),
              l.reconstruction() + 0.02 * l.reconstruction_kld() + l.margin_x_hinge() +
                  0.02 * l.margin_z_hinge(),
              1e-5);
  EXPECT_NEAR(l.encoder(),
              l.encoder_reconstruction() + 0.1 * l.encoder_kld() +
                  0.02 * (l.encoder_reconstruction_hinge() + l.encoder_transformed_hinge()),
              1e-5);
  EXPECT_GT(l.transformer(), 0);
  EXPECT_GT(l.encoder_kld(), 0);
}

TEST(AdversarialObjectiveTest, EachStepDrawsAfresh) {
  AdversarialObjective objective = MakeAdversarial();
  // A step size of zero leaves the networks as they are: only the draws can change the losses.
  const v1::LossTerms first = objective.Step(RandomRows(16, kFeatures), 0);
  const v1::LossTerms second = objective.Step(RandomRows(16, kFeatures), 0);
  EXPECT_NE(first.reconstruction(), second.reconstruction());
  EXPECT_NE(first.reconstruction(), first.encoder_reconstruction());
  EXPECT_EQ(first.encoder_kld(), second.encoder_kld());
}

// With gamma 0 and lambda 0, only MSE(x, G(z)) is left of L_E.
TEST(AdversarialObjectiveTest, WeightsOfZeroSwitchTermsOff) {
  v1::Hyperparameters parameters = Parameters(v1::OBJECTIVE_ADVAE);
  parameters.set_gamma(0);
  parameters.set_lambda(0);
  parameters.set_margin_x(0);
  AdversarialObjective objective(parameters, kFeatures, Seeded(1));
  const v1::LossTerms losses = objective.Step(RandomRows(16, kFeatures), 0.01);
  EXPECT_NEAR(losses.encoder(), losses.encoder_reconstruction(), 1e-6);
  EXPECT_NEAR(losses.generator(), losses.reconstruction(), 1e-6);
  EXPECT_EQ(losses.margin_x_hinge(), 0);
}

class AnyObjectiveTest : public ::testing::TestWithParam<v1::Objective> {};

TEST_P(AnyObjectiveTest, LearnsToReconstruct) {
  auto objective = CreateObjective(Parameters(GetParam()), kFeatures, Seeded(1));
  const at::Tensor batch = 0.1 + 0.8 * RandomRows(4, kFeatures).round();
  const double before = objective->Step(batch, 0.01).encoder_reconstruction();
  for (int step = 0; step < 300; ++step) objective->Step(batch, 0.01);
  const double after = objective->Step(batch, 0.01).encoder_reconstruction();
  EXPECT_LT(after, 0.8 * before);
  EXPECT_THAT(objective->Weights().Validate(), IsOk());
}

TEST_P(AnyObjectiveTest, SameSeedSameWeights) {
  const auto train = [](uint64_t seed) {
    auto objective = CreateObjective(Parameters(GetParam()), kFeatures, Seeded(seed));
    for (int step = 0; step < 5; ++step) objective->Step(RandomRows(7, kFeatures), 0.01);
    return objective->Weights().generator.output.weight;
  };
  EXPECT_EQ(train(1), train(1));
  EXPECT_NE(train(1), train(2));
}

TEST_P(AnyObjectiveTest, TakesABatchOfOneRow) {
  auto objective = CreateObjective(Parameters(GetParam()), kFeatures, Seeded(1));
  objective->Step(RandomRows(1, kFeatures), 0.01);
  EXPECT_THAT(objective->Weights().Validate(), IsOk());
}

INSTANTIATE_TEST_SUITE_P(Objectives, AnyObjectiveTest,
                         ::testing::Values(v1::OBJECTIVE_ADVAE, v1::OBJECTIVE_VAE,
                                           v1::OBJECTIVE_AE),
                         [](const auto& info) { return v1::Objective_Name(info.param); });

TEST(AdversarialObjectiveTest, EncoderOnlyLeavesOutTheGeneratorsShare) {
  AdversarialObjective objective(Parameters(v1::OBJECTIVE_ENCODER_ONLY), kFeatures, Seeded(1));
  const v1::LossTerms losses = objective.Step(RandomRows(16, kFeatures), 0.01);
  EXPECT_EQ(losses.generator(), losses.reconstruction());
  EXPECT_EQ(losses.margin_x_active(), 0);
  EXPECT_EQ(losses.margin_z_active(), 0);
  EXPECT_GT(losses.encoder_reconstruction_active(), 0);
  EXPECT_GT(losses.encoder_transformed_active(), 0);
}

TEST(AdversarialObjectiveTest, GeneratorOnlyLeavesOutTheEncodersShare) {
  AdversarialObjective objective(Parameters(v1::OBJECTIVE_GENERATOR_ONLY), kFeatures, Seeded(1));
  const v1::LossTerms losses = objective.Step(RandomRows(16, kFeatures), 0.01);
  EXPECT_DOUBLE_EQ(losses.encoder(), losses.encoder_reconstruction() + 0.1 * losses.encoder_kld());
  EXPECT_EQ(losses.encoder_reconstruction_active(), 0);
  EXPECT_EQ(losses.encoder_transformed_active(), 0);
  EXPECT_GT(losses.margin_x_active(), 0);
  EXPECT_GT(losses.margin_z_active(), 0);
}

TEST(AutoencoderObjectiveTest, VaeLossIsMadeOfItsTerms) {
  AutoencoderObjective objective(Parameters(v1::OBJECTIVE_VAE), kFeatures, Seeded(1));
  const v1::LossTerms losses = objective.Step(RandomRows(16, kFeatures), 0.01);
  EXPECT_NEAR(losses.encoder(), losses.encoder_reconstruction() + 0.1 * losses.encoder_kld(), 1e-5);
  EXPECT_EQ(losses.generator(), 0);
  EXPECT_EQ(losses.transformer(), 0);
}

TEST(AutoencoderObjectiveTest, AeIsDeterministicAndHasNoKld) {
  AutoencoderObjective objective(Parameters(v1::OBJECTIVE_AE), kFeatures, Seeded(1));
  const v1::LossTerms first = objective.Step(RandomRows(16, kFeatures), 0);
  const v1::LossTerms second = objective.Step(RandomRows(16, kFeatures), 0);
  EXPECT_EQ(first.encoder(), second.encoder());
  EXPECT_EQ(first.encoder_kld(), 0);
}

TEST(AutoencoderObjectiveTest, AeExportsAVanishingVariance) {
  AutoencoderObjective objective(Parameters(v1::OBJECTIVE_AE), kFeatures, Seeded(1));
  objective.Step(RandomRows(16, kFeatures), 0.01);
  const DenseLayer layer = objective.Weights().encoder.log_variance;
  EXPECT_THAT(layer.weight, Each(FloatEq(0)));
  EXPECT_THAT(layer.bias, Each(FloatEq(-60)));
}

}  // namespace
}  // namespace advae
