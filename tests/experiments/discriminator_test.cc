#include "experiments/baselines/discriminator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/optim/sgd.h>

#include <cmath>
#include <limits>
#include <vector>

#include "experiments/baselines/network.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// x -> factor x, for one feature.
DiscriminatorTraining Times(float factor) {
  return [factor](const at::Tensor& rows, at::Generator& random) {
    torch::nn::Sequential network = MakeNetwork({rows.size(1), 1}, random);
    const at::NoGradGuard no_gradients;
    network->parameters()[0].fill_(factor);
    network->parameters()[1].zero_();
    return network;
  };
}

absl::StatusOr<FittedDetector> Fit(const DiscriminatorTraining& train) {
  const std::vector<float> rows = {0, 1, 2, 4};
  return FitDiscriminator({.set = "numbers", .rows = {rows.data(), 4, 1}}, train, Negative);
}

TEST(DiscriminatorTest, ShiftsScoresOfTrainingRowsToZero) {
  ASSERT_OK_AND_ASSIGN(const FittedDetector detector, Fit(Times(3)));  // -3 x / 4
  EXPECT_THAT(detector.distribution->scores(), ElementsAre(0, 1.5, 2.25, 3));
  const std::vector<float> rows = {2, 8};
  EXPECT_THAT(detector.score({rows.data(), 2, 1}), ElementsAre(1.5, -3));
}

TEST(DiscriminatorTest, KeepsScoresThatAreNotNegative) {
  ASSERT_OK_AND_ASSIGN(const FittedDetector detector, Fit(Times(-2)));
  EXPECT_THAT(detector.distribution->scores(), ElementsAre(0, 0.5, 1, 2));
}

TEST(DiscriminatorTest, ReportsTrainingsThatFail) {
  EXPECT_THAT(Fit(Times(kNan)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("training diverged")));
  EXPECT_THAT(Fit([](const at::Tensor& rows, at::Generator&) -> torch::nn::Sequential {
                rows.view({-1, 7});
                return {};
              }),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("training failed")));
}

TEST(NetworkTest, DescendsOnlyFiniteLosses) {
  at::Tensor x = at::ones({1}).requires_grad_();
  torch::optim::SGD steps({x}, torch::optim::SGDOptions(0.25));
  EXPECT_THAT(Descend(x.square().sum(), steps), IsOk());
  EXPECT_EQ(x.item<float>(), 0.5F);
  EXPECT_THAT(Descend((x * kNan).sum(), steps),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no longer finite")));
  EXPECT_EQ(x.item<float>(), 0.5F);
}

TEST(NetworkTest, LogisticLossIsTheNegativeLogarithmOfTheSigmoid) {
  EXPECT_NEAR(LogisticLoss(at::tensor({0.0, 2.0})).item<double>(),
              (std::log(2.0) + std::log1p(std::exp(-2.0))) / 2, 1e-12);
}

}  // namespace
}  // namespace advae
