#include "model/simd/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/model/simd/sigmoid_test.cc"  // NOLINT
#include <hwy/foreach_target.h>                                // must come before highway.h
#include <hwy/highway.h>

#include <cstddef>
#include <vector>

#include "model/simd/sigmoid-inl.h"

HWY_BEFORE_NAMESPACE();
namespace advae::HWY_NAMESPACE {

// Sigmoids of `x`, whose size is a multiple of 64, one by one.
std::vector<float> SingleSigmoids(const std::vector<float>& x) {
  const hn::ScalableTag<float> d;
  std::vector<float> results(x.size());
  for (size_t i = 0; i < x.size(); i += hn::Lanes(d)) {
    const auto y = hn::Mul(hn::LoadU(d, &x[i]), hn::Set(d, kSigmoidScale));
    hn::StoreU(AddSigmoid(d, hn::Zero(d), y), d, &results[i]);
  }
  return results;
}

// Sums of the sigmoids of x[i] and y[i].
std::vector<float> SigmoidSums(const std::vector<float>& x, const std::vector<float>& y) {
  const hn::ScalableTag<float> d;
  const auto scale = hn::Set(d, kSigmoidScale);
  std::vector<float> results(x.size());
  for (size_t i = 0; i < x.size(); i += hn::Lanes(d)) {
    const auto y0 = hn::Mul(hn::LoadU(d, &x[i]), scale);
    const auto y1 = hn::Mul(hn::LoadU(d, &y[i]), scale);
    hn::StoreU(AddTwoSigmoids(d, hn::Zero(d), y0, y1), d, &results[i]);
  }
  return results;
}

}  // namespace advae::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include <gtest/gtest.h>

#include <cfloat>
#include <cmath>
#include <random>

#include "tests/testing/simd_target_test.h"

namespace advae {
namespace {

HWY_EXPORT(SingleSigmoids);
HWY_EXPORT(SigmoidSums);

double ExactSigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// Dense where the sigmoid bends, with its tails and the ends of the range of floats.
std::vector<float> Arguments() {
  std::vector<float> x = {0, -0.0f, FLT_MIN, FLT_TRUE_MIN, 1e9f, -1e9f, FLT_MAX, -FLT_MAX};
  for (int i = -160'000; i <= 160'000; ++i) x.push_back(static_cast<float>(i) * 1e-4f);
  for (int i = -1500; i <= 1500; ++i) x.push_back(static_cast<float>(i) * 0.1f);
  x.resize((x.size() + 63) / 64 * 64);
  return x;
}

class SigmoidTest : public SimdTargetTest {};

TEST_P(SigmoidTest, IsWithinAMillionth) {
  const std::vector<float> x = Arguments();
  const std::vector<float> results = HWY_DYNAMIC_DISPATCH(SingleSigmoids)(x);
  double largest_error = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    largest_error = std::max(largest_error, std::abs(results[i] - ExactSigmoid(x[i])));
  }
  EXPECT_LE(largest_error, 1e-6);
}

TEST_P(SigmoidTest, SaturatesInTheTails) {
  std::vector<float> x(64, 0);
  x[0] = FLT_MAX;
  x[1] = -FLT_MAX;
  x[2] = 50;
  x[3] = -50;
  const std::vector<float> results = HWY_DYNAMIC_DISPATCH(SingleSigmoids)(x);
  EXPECT_NEAR(results[0], 1, 1e-7);
  EXPECT_NEAR(results[1], 0, 1e-17);
  EXPECT_NEAR(results[2], 1, 1e-7);
  EXPECT_NEAR(results[3], 0, 1e-17);
  EXPECT_NEAR(results[4], 0.5, 1e-6);
}

TEST_P(SigmoidTest, SumsOfTwoAreWithinTwoMillionths) {
  std::vector<float> x = Arguments();
  std::vector<float> y = x;
  std::shuffle(y.begin(), y.end(), std::mt19937(1));
  x[0] = y[0] = FLT_MAX;
  x[1] = y[1] = -FLT_MAX;
  x[2] = FLT_MAX;
  y[2] = -FLT_MAX;
  const std::vector<float> results = HWY_DYNAMIC_DISPATCH(SigmoidSums)(x, y);
  double largest_error = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double expected = ExactSigmoid(x[i]) + ExactSigmoid(y[i]);
    largest_error = std::max(largest_error, std::abs(results[i] - expected));
  }
  EXPECT_LE(largest_error, 2e-6);
}

INSTANTIATE_TEST_SUITE_P(Targets, SigmoidTest,
                         ::testing::ValuesIn(hwy::SupportedAndGeneratedTargets()),
                         [](const auto& info) { return hwy::TargetName(info.param); });

}  // namespace
}  // namespace advae
#endif  // HWY_ONCE
