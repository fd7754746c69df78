#include "model/training/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>

namespace advae {
namespace {

TEST(OptimizerTest, MatchesTheHandCalculation) {
  const at::Tensor theta = at::full({1}, 1.0).requires_grad_();
  Optimizer optimizer({theta});

  // g = 2: m = 0.2, v = 0.004, so both corrected moments are (2, 4) and the step is alpha.
  optimizer.Minimize((2 * theta).sum(), 0.1);
  EXPECT_NEAR(theta.item<float>(), 0.9, 1e-6);

  // g = -1: m = 0.9 * 0.2 - 0.1 = 0.08, v = 0.999 * 0.004 + 0.001 = 0.004996.
  optimizer.Minimize((-theta).sum(), 0.01);
  const double step = 0.01 * (0.08 / (1 - 0.81)) / std::sqrt(0.004996 / (1 - 0.998001));
  EXPECT_NEAR(theta.item<float>(), 0.9 - step, 1e-6);
}

TEST(OptimizerTest, FindsTheMinimumOfAParabola) {
  const at::Tensor theta = at::tensor({5.0f, -3.0f}).requires_grad_();
  const at::Tensor minimum = at::tensor({1.0f, 2.0f});
  Optimizer optimizer({theta});
  for (int step = 0; step < 2000; ++step) {
    optimizer.Minimize((theta - minimum).square().sum(), 0.05 * (1 - step / 2000.0));
  }
  EXPECT_TRUE(at::allclose(theta, minimum, 1e-3, 1e-3));
}

TEST(OptimizerTest, LeavesOtherParametersAlone) {
  const at::Tensor theta = at::full({3}, 1.0).requires_grad_();
  const at::Tensor other = at::full({3}, 1.0).requires_grad_();
  Optimizer optimizer({theta});
  optimizer.Minimize((theta * other).sum(), 0.1);
  EXPECT_TRUE(at::equal(other, at::full({3}, 1.0)));
  EXPECT_FALSE(other.grad().defined());
  EXPECT_FALSE(at::equal(theta, at::full({3}, 1.0)));
}

}  // namespace
}  // namespace advae
