#include "model/simd/vector_loops.h"

#include "model/simd/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/simd/vector_loops.cc"  // NOLINT
#include <hwy/foreach_target.h>                          // must come before highway.h
#include <hwy/highway.h>

#include "hwy/contrib/math/math-inl.h"  // apart from the others: must come after highway.h

HWY_BEFORE_NAMESPACE();
namespace advae::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;

// Above the 88.7 from where on floats overflow to infinity, within the range of hn::Exp().
constexpr float kExpLimit = 100;

// Calls `function` for all offsets below `size`: with whole vectors first, then one by one.
template <typename Function>
HWY_INLINE void ForEach(size_t size, const Function& function) {
  constexpr Floats kVector;
  constexpr hn::CappedTag<float, 1> kScalar;
  size_t j = 0;
  for (; j + hn::Lanes(kVector) <= size; j += hn::Lanes(kVector)) function(kVector, j);
  for (; j < size; ++j) function(kScalar, j);
}

void AddBias(std::span<const float> bias, bool rectify, std::span<float> rows) {
  for (size_t first = 0; first < rows.size(); first += bias.size()) {
    float* const row = rows.data() + first;
    ForEach(bias.size(), [&](auto d, size_t j) HWY_ATTR {
      const auto sum = hn::Add(hn::LoadU(d, row + j), hn::LoadU(d, bias.data() + j));
      // The comparison keeps NaN, by which a training that diverges is noticed.
      const auto negative = hn::Lt(sum, hn::Zero(d));
      hn::StoreU(rectify ? hn::IfThenZeroElse(negative, sum) : sum, d, row + j);
    });
  }
}

void MaskByRectifier(std::span<const float> values, std::span<float> gradients) {
  ForEach(values.size(), [&](auto d, size_t j) HWY_ATTR {
    const auto positive = hn::Gt(hn::LoadU(d, values.data() + j), hn::Zero(d));
    hn::StoreU(hn::IfThenElseZero(positive, hn::LoadU(d, gradients.data() + j)), d,
               gradients.data() + j);
  });
}

void SumRows(std::span<const float> rows, std::span<float> sums) {
  ForEach(sums.size(), [&](auto d, size_t j) HWY_ATTR {
    auto sum = hn::Zero(d);
    for (size_t first = 0; first < rows.size(); first += sums.size()) {
      sum = hn::Add(sum, hn::LoadU(d, rows.data() + first + j));
    }
    hn::StoreU(sum, d, sums.data() + j);
  });
}

void Exponentials(std::span<const float> values, std::span<float> results) {
  ForEach(values.size(), [&](auto d, size_t j) HWY_ATTR {
    const auto value = hn::LoadU(d, values.data() + j);
    const auto limit = hn::Set(d, kExpLimit);
    const auto bounded = hn::IfThenElse(hn::Gt(value, limit), limit, value);  // keeps NaN
    hn::StoreU(hn::Exp(d, bounded), d, results.data() + j);
  });
}

void StepAdam(const AdamCoefficients& c, const float* g, float* m, float* v, float* theta,
              size_t size) {
  ForEach(size, [&](auto d, size_t j) HWY_ATTR {
    const auto gradient = hn::LoadU(d, g + j);
    const auto first = hn::MulAdd(hn::Set(d, c.beta1), hn::LoadU(d, m + j),
                                  hn::Mul(hn::Set(d, 1 - c.beta1), gradient));
    const auto second = hn::MulAdd(hn::Set(d, c.beta2), hn::LoadU(d, v + j),
                                   hn::Mul(hn::Mul(hn::Set(d, 1 - c.beta2), gradient), gradient));
    const auto denominator =
        hn::MulAdd(hn::Sqrt(second), hn::Set(d, c.scale), hn::Set(d, c.epsilon));
    const auto step = hn::Div(hn::Mul(hn::Set(d, c.step_size), first), denominator);
    hn::StoreU(first, d, m + j);
    hn::StoreU(second, d, v + j);
    hn::StoreU(hn::Sub(hn::LoadU(d, theta + j), step), d, theta + j);
  });
}

}  // namespace advae::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace advae {

HWY_EXPORT(AddBias);
HWY_EXPORT(MaskByRectifier);
HWY_EXPORT(SumRows);
HWY_EXPORT(Exponentials);
HWY_EXPORT(StepAdam);

void AddBias(std::span<const float> bias, bool rectify, std::span<float> rows) {
  HWY_DYNAMIC_DISPATCH(AddBias)(bias, rectify, rows);
}

void MaskByRectifier(std::span<const float> values, std::span<float> gradients) {
  HWY_DYNAMIC_DISPATCH(MaskByRectifier)(values, gradients);
}

void SumRows(std::span<const float> rows, std::span<float> sums) {
  HWY_DYNAMIC_DISPATCH(SumRows)(rows, sums);
}

void Exponentials(std::span<const float> values, std::span<float> results) {
  HWY_DYNAMIC_DISPATCH(Exponentials)(values, results);
}

void StepAdam(const AdamCoefficients& coefficients, const float* g, float* m, float* v,
              float* theta, size_t size) {
  HWY_DYNAMIC_DISPATCH(StepAdam)(coefficients, g, m, v, theta, size);
}

}  // namespace advae
#endif  // HWY_ONCE
