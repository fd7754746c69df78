// The sigmoid for the SIMD target that is being compiled (Highway's foreach_target.h), on a scale
// where it is cheap. Include guards of such a header are by target.

#if defined(ADVAE_MODEL_SIMD_SIGMOID_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ADVAE_MODEL_SIMD_SIGMOID_INL_H_
#undef ADVAE_MODEL_SIMD_SIGMOID_INL_H_
#else
#define ADVAE_MODEL_SIMD_SIGMOID_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace advae::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// sigmoid(x) = 1 / (1 + 2^y) with y = kSigmoidScale x. The last layer of G has the factor in its
// weights.
inline constexpr float kSigmoidScale = -1.44269504f;  // -log2(e)

// |y| beyond which the sigmoid is 0 or 1 within 1e-18. Products of two powers stay finite.
inline constexpr float kSigmoidRange = 60;

// y brought into range.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Saturated(D d, V y) {
  const V range = hn::Set(d, kSigmoidRange);
#if HWY_TARGET == HWY_AVX3
  constexpr int kSmallerMagnitudeWithSignOfFirst = 2;
  return V{_mm512_range_ps(y.raw, range.raw, kSmallerMagnitudeWithSignOfFirst)};
#else
  return hn::Max(hn::Min(y, range), hn::Neg(range));
#endif
}

// 2^y within 3e-6 relative, with y brought into range.
//
// y = n + f with n an integer and |f| <= 1/2: adding 1.5 * 2^23 rounds to n and leaves it in the
// low bits, from where a shift moves it to the exponent. The polynomial is the one of degree 4
// whose largest relative error on [-1/2, 1/2] is least (2.6e-6).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V SaturatedExp2(D d, V y) {
  const hn::RebindToSigned<D> di;
  y = Saturated(d, y);
  const V magic = hn::Set(d, 12582912.0f);
  const V shifted = hn::Add(y, magic);
#if HWY_TARGET == HWY_AVX3
  constexpr int kToNearestInteger = 0;
  const V f{_mm512_reduce_ps(y.raw, kToNearestInteger)};
#else
  const V f = hn::Sub(y, hn::Sub(shifted, magic));
#endif
  V p = hn::MulAdd(hn::Set(d, 0.00957010191f), f, hn::Set(d, 0.0559178604f));
  p = hn::MulAdd(p, f, hn::Set(d, 0.240247448f));
  p = hn::MulAdd(p, f, hn::Set(d, 0.693121815f));
  p = hn::MulAdd(p, f, hn::Set(d, 0.999999261f));
  const auto exponent = hn::ShiftLeft<23>(hn::BitCast(di, shifted));
  return hn::BitCast(d, hn::Add(hn::BitCast(di, p), exponent));
}

// sum + numerator / denominator, the quotient within 1e-7 relative, for a denominator from 1 to
// 2^122.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V AddQuotient([[maybe_unused]] D d, V sum, V numerator, V denominator) {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_SSE4
  // One step of Newton's method doubles the 12 to 14 bits of the approximation.
  const V r = hn::ApproximateReciprocal(denominator);
  const V correction = hn::NegMulAdd(denominator, r, hn::Set(d, 2.0f));
  return hn::MulAdd(hn::Mul(numerator, r), correction, sum);
#else
  return hn::Add(sum, hn::Div(numerator, denominator));
#endif
}

// sum + 1 / (1 + 2^y): the sigmoid within 1e-6.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V AddSigmoid(D d, V sum, V y) {
  const V one = hn::Set(d, 1.0f);
  return AddQuotient(d, sum, one, hn::Add(one, SaturatedExp2(d, y)));
}

// The same for y0 and y1 with one division: 1 / a + 1 / b = (a + b) / (a b).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V AddTwoSigmoids(D d, V sum, V y0, V y1) {
  const V one = hn::Set(d, 1.0f);
  const V a = hn::Add(one, SaturatedExp2(d, y0));
  const V b = hn::Add(one, SaturatedExp2(d, y1));
  return AddQuotient(d, sum, hn::Add(a, b), hn::Mul(a, b));
}

// The same for S vectors, in their order.
template <size_t S, class D, class V = hn::Vec<D>>
HWY_INLINE V AddSigmoids(D d, V sum, const V (&y)[S]) {
#pragma GCC unroll 8
  for (size_t s = 0; s + 1 < S; s += 2) sum = AddTwoSigmoids(d, sum, y[s], y[s + 1]);
  if constexpr (S % 2 == 1) sum = AddSigmoid(d, sum, y[S - 1]);
  return sum;
}

}  // namespace advae::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // ADVAE_MODEL_SIMD_SIGMOID_INL_H_
