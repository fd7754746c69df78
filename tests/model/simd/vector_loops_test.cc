#include "model/simd/vector_loops.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;

// Around the widths of vectors, so that whole vectors and what is left of them are met.
class VectorLoopsTest : public ::testing::TestWithParam<size_t> {
 protected:
  std::vector<float> Random(size_t size) {
    std::normal_distribution<float> normal;
    std::vector<float> values(size);
    for (float& value : values) value = normal(random_);
    return values;
  }

  std::mt19937 random_{3};
  const size_t size_ = GetParam();
};

TEST_P(VectorLoopsTest, AddBiasAddsToEveryRow) {
  for (const bool rectify : {false, true}) {
    const std::vector<float> bias = Random(size_);
    const std::vector<float> before = Random(3 * size_);
    std::vector<float> rows = before;
    AddBias(bias, rectify, rows);
    for (size_t i = 0; i < rows.size(); ++i) {
      const float sum = before[i] + bias[i % size_];
      EXPECT_EQ(rows[i], rectify && sum < 0 ? 0 : sum) << i;
    }
  }
}

TEST_P(VectorLoopsTest, MaskByRectifierKeepsGradientsOfPositiveValues) {
  std::vector<float> values = Random(size_);
  values.front() = 0;
  const std::vector<float> before = Random(size_);
  std::vector<float> gradients = before;
  MaskByRectifier(values, gradients);
  for (size_t i = 0; i < size_; ++i) EXPECT_EQ(gradients[i], values[i] > 0 ? before[i] : 0) << i;
}

TEST_P(VectorLoopsTest, SumRowsSumsColumns) {
  const std::vector<float> rows = Random(4 * size_);
  std::vector<float> sums(size_, 99);
  SumRows(rows, sums);
  for (size_t j = 0; j < size_; ++j) {
    EXPECT_FLOAT_EQ(sums[j], rows[j] + rows[size_ + j] + rows[2 * size_ + j] + rows[3 * size_ + j]);
  }
}

TEST_P(VectorLoopsTest, ExponentialsAreAccurate) {
  std::vector<float> values = Random(size_);
  for (float& value : values) value *= 20;
  std::vector<float> results(size_);
  Exponentials(values, results);
  for (size_t i = 0; i < size_; ++i) {
    EXPECT_NEAR(results[i] / std::exp(double{values[i]}), 1, 3e-7) << values[i];
  }
}

TEST_P(VectorLoopsTest, StepAdamFollowsItsEquations) {
  const AdamCoefficients c{
      .beta1 = 0.9f, .beta2 = 0.99f, .step_size = 0.1f, .scale = 2, .epsilon = 0.001f};
  const std::vector<float> g = Random(size_);
  std::vector<float> m = Random(size_);
  std::vector<float> v = Random(size_);
  for (float& value : v) value = std::abs(value);
  std::vector<float> theta = Random(size_);
  const std::vector<float> m0 = m, v0 = v, theta0 = theta;
  StepAdam(c, g.data(), m.data(), v.data(), theta.data(), size_);
  for (size_t i = 0; i < size_; ++i) {
    EXPECT_NEAR(m[i], 0.9 * m0[i] + 0.1 * g[i], 1e-6);
    EXPECT_NEAR(v[i], 0.99 * v0[i] + 0.01 * g[i] * g[i], 1e-6);
    EXPECT_NEAR(theta[i], theta0[i] - 0.1 * m[i] / (2 * std::sqrt(v[i]) + 0.001), 1e-5);
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, VectorLoopsTest, ::testing::Values(1, 3, 4, 8, 15, 16, 17, 35));

TEST(AddBiasTest, KeepsNaN) {
  std::vector<float> row = {std::numeric_limits<float>::quiet_NaN()};
  AddBias(std::vector<float>{1}, true, row);
  EXPECT_TRUE(std::isnan(row[0]));
}

TEST(ExponentialsTest, SaturateInBothTails) {
  std::vector<float> results(2);
  Exponentials(std::vector<float>{-200, 200}, results);
  EXPECT_THAT(results, ElementsAre(FloatNear(0, 1e-37f), std::numeric_limits<float>::infinity()));
}

TEST(VectorLoopsEmptyTest, NothingIsDoneToNothing) {
  AddBias({}, true, {});
  SumRows({}, {});
  StepAdam({}, nullptr, nullptr, nullptr, nullptr, 0);
}

}  // namespace
}  // namespace advae
