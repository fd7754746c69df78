#include "model/networks/optimizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;

TEST(OptimizerTest, MatchesTheHandCalculation) {
  std::vector<float> theta = {1};
  std::vector<float> gradient = {2};
  Optimizer optimizer({{theta, gradient}});

  // g = 2: m = 0.2, v = 0.004, so both corrected moments are (2, 4) and the step is alpha.
  optimizer.Step(0.1);
  EXPECT_NEAR(theta[0], 0.9, 1e-6);

  // g = -1: m = 0.9 * 0.2 - 0.1 = 0.08, v = 0.999 * 0.004 + 0.001 = 0.004996.
  gradient[0] = -1;
  optimizer.Step(0.01);
  const double step = 0.01 * (0.08 / (1 - 0.81)) / std::sqrt(0.004996 / (1 - 0.998001));
  EXPECT_NEAR(theta[0], 0.9 - step, 1e-6);
}

TEST(OptimizerTest, FindsTheMinimumOfAParabola) {
  std::vector<float> x = {5};
  std::vector<float> y = {-3};
  std::vector<float> x_gradient(1), y_gradient(1);
  Optimizer optimizer({{x, x_gradient}, {y, y_gradient}});
  for (int step = 0; step < 2000; ++step) {
    x_gradient[0] = 2 * (x[0] - 1);
    y_gradient[0] = 2 * (y[0] - 2);
    optimizer.Step(0.05 * (1 - step / 2000.0));
  }
  EXPECT_THAT(x, ElementsAre(FloatNear(1, 1e-3f)));
  EXPECT_THAT(y, ElementsAre(FloatNear(2, 1e-3f)));
}

}  // namespace
}  // namespace advae
