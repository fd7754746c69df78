#include "model/training/losses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

namespace advae {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

// Rows of a matrix as a double tensor.
at::Tensor Rows(const std::vector<std::vector<double>>& rows) {
  std::vector<at::Tensor> tensors;
  for (const std::vector<double>& row : rows) tensors.push_back(at::tensor(row, at::kDouble));
  return at::stack(tensors);
}

std::vector<double> Values(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.detach().contiguous();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

at::Tensor Scalar(double value) { return at::scalar_tensor(value, at::kDouble); }

TEST(SquaredErrorTest, SumsOverFeaturesOfEachRow) {
  const at::Tensor errors =
      SquaredError(Rows({{1, 2, 3}, {0, 0, 0}}), Rows({{1, 4, 0}, {1, 1, 1}}));
  EXPECT_THAT(Values(errors), ElementsAre(13, 3));
}

TEST(KlDivergenceTest, IsZeroAtThePrior) {
  EXPECT_THAT(Values(KlDivergence({Rows({{0, 0}}), Rows({{0, 0}})})), ElementsAre(0));
}

TEST(KlDivergenceTest, MatchesTheHandCalculation) {
  // mu = (1, 0), sigma^2 = (1, e): 1/2 (1 + 1 - 0 - 1) + 1/2 (0 + e - 1 - 1) = 1/2 + (e - 2) / 2.
  const Gaussian q{Rows({{1, 0}}), Rows({{0, 1}})};
  EXPECT_THAT(Values(KlDivergence(q)), ElementsAre(DoubleNear((std::exp(1) - 1) / 2, 1e-12)));
}

TEST(KlDivergenceTest, IsPositiveAwayFromThePrior) {
  for (const double mean : {-2.0, 0.0, 0.5}) {
    for (const double log_variance : {-3.0, -0.1, 0.2, 4.0}) {
      const Gaussian q{Rows({{mean}}), Rows({{log_variance}})};
      EXPECT_GT(KlDivergence(q).item<double>(), 0) << mean << ", " << log_variance;
    }
  }
}

TEST(HingeTest, IsWhatIsMissingToTheMargin) {
  EXPECT_THAT(Values(Hinge(2, at::tensor({0.5, 2.0, 3.0}, at::kDouble))), ElementsAre(1.5, 0, 0));
}

TEST(TransformerDivergenceTest, IsZeroForEqualDistributions) {
  const Gaussian q{Rows({{0.3, -1}}), Rows({{0.5, -2}})};
  EXPECT_THAT(Values(TransformerDivergence(q, q)), ElementsAre(DoubleNear(0, 1e-12)));
}

TEST(TransformerDivergenceTest, MatchesTheHandCalculation) {
  // sigma = 1, sigma_T = 2, mu - mu_T = 3: log 2 + (1 + 9) / 8 - 1/2.
  const double log4 = std::log(4.0);
  const at::Tensor divergence =
      TransformerDivergence({Rows({{5}}), Rows({{0}})}, {Rows({{2}}), Rows({{log4}})});
  EXPECT_THAT(Values(divergence), ElementsAre(DoubleNear(std::log(2.0) + 0.75, 1e-12)));
}

TEST(TransformerDivergenceTest, IsTheKlDivergenceWhenTransformedToThePrior) {
  const Gaussian q{Rows({{0.7, -1.2}, {0, 3}}), Rows({{0.4, -0.9}, {1, -1}})};
  const Gaussian prior{at::zeros_like(q.mean), at::zeros_like(q.mean)};
  EXPECT_TRUE(at::allclose(TransformerDivergence(q, prior), KlDivergence(q)));
}

TEST(GeneratorLossTest, AddsItsTerms) {
  const GeneratorLoss loss{Scalar(2), Scalar(10), Scalar(0.5), Scalar(4)};
  EXPECT_DOUBLE_EQ(loss.Encoded(0.1).item<double>(), 3);
  EXPECT_DOUBLE_EQ(loss.Transformed(0.1).item<double>(), 0.9);
  EXPECT_DOUBLE_EQ(loss.Total(0.1).item<double>(), 3.9);
}

TEST(EncoderLossTest, AddsItsTerms) {
  const EncoderLoss loss{Scalar(2), Scalar(10), Scalar(3), Scalar(5)};
  EXPECT_DOUBLE_EQ(loss.Total(/*lambda=*/0.1, /*gamma=*/0.5).item<double>(), 7);
}

TEST(VaeLossTest, AddsItsTerms) {
  EXPECT_DOUBLE_EQ(VaeLoss(Scalar(2), Scalar(10), 0.25).item<double>(), 4.5);
}

// A loss as a function of one tensor, with the point where its gradient is checked.
struct GradientCase {
  const char* name;
  std::function<at::Tensor(const at::Tensor&)> loss;
  at::Tensor point;
};
void PrintTo(const GradientCase& test_case, std::ostream* os) { *os << test_case.name; }

class GradientTest : public ::testing::TestWithParam<GradientCase> {};

TEST_P(GradientTest, AgreesWithFiniteDifferences) {
  const auto& [name, loss, point] = GetParam();
  const at::Tensor x = point.clone().requires_grad_();
  const std::vector<double> gradient = Values(torch::autograd::grad({loss(x).sum()}, {x})[0]);
  constexpr double kStep = 1e-5;
  for (int64_t i = 0; i < point.numel(); ++i) {
    at::Tensor offset = at::zeros_like(point);
    offset.view(-1)[i] = kStep;
    const double slope =
        (loss(point + offset).sum() - loss(point - offset).sum()).item<double>() / (2 * kStep);
    EXPECT_NEAR(gradient[i], slope, 1e-6) << "element " << i;
  }
}

Gaussian Fixed() { return {Rows({{0.3, -0.8}}), Rows({{-0.4, 0.6}})}; }

// All weights random, in double: a network to send gradients through.
Encoder DoubleEncoder() {
  at::Generator random = at::make_generator<at::CPUGeneratorImpl>(3);
  return Encoder::FromWeights(Encoder::Random(2, 5, 2, random).ToWeights(), at::kDouble);
}
Generator DoubleGenerator() {
  at::Generator random = at::make_generator<at::CPUGeneratorImpl>(4);
  return Generator::FromWeights(Generator::Random(2, 5, 2, random).ToWeights(), at::kDouble);
}

INSTANTIATE_TEST_SUITE_P(
    Losses, GradientTest,
    ::testing::Values(
        GradientCase{"SquaredError",
                     [](const at::Tensor& x) {
                       return SquaredError(x, Rows({{0.1, 0.9}}));
                     },
                     Rows({{0.4, -0.2}})},
        GradientCase{"KldOfMean",
                     [](const at::Tensor& x) {
                       return KlDivergence({x, Fixed().log_variance});
                     },
                     Rows({{0.5, -1.5}})},
        GradientCase{"KldOfLogVariance",
                     [](const at::Tensor& x) {
                       return KlDivergence({Fixed().mean, x});
                     },
                     Rows({{0.5, -1.5}})},
        GradientCase{"HingeBelowMargin", [](const at::Tensor& x) { return Hinge(1, x); },
                     Rows({{0.5, -1.5}})},
        GradientCase{"HingeAboveMargin", [](const at::Tensor& x) { return Hinge(1, x); },
                     Rows({{1.5, 7}})},
        GradientCase{"TransformedMean",
                     [](const at::Tensor& x) {
                       return TransformerDivergence(Fixed(), {x, Fixed().log_variance});
                     },
                     Rows({{1.5, -0.5}})},
        GradientCase{"TransformedLogVariance",
                     [](const at::Tensor& x) {
                       return TransformerDivergence(Fixed(), {Fixed().mean, x});
                     },
                     Rows({{1.5, -0.5}})},
        GradientCase{"EncodedMean",
                     [](const at::Tensor& x) {
                       return TransformerDivergence({x, Fixed().log_variance}, Fixed());
                     },
                     Rows({{1.5, -0.5}})},
        GradientCase{
            "ThroughEncoderAndGenerator",
            [](const at::Tensor& z) { return KlDivergence(DoubleEncoder()(DoubleGenerator()(z))); },
            Rows({{0.8, -0.3}, {-1.1, 0.2}})}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace advae
