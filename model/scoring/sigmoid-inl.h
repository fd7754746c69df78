// The sigmoid for the SIMD target that is being compiled (Highway's foreach_target.h), on a scale
// where it is cheap. Include guards of such a header are by target.

#if defined(ADVAE_MODEL_SCORING_SIGMOID_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ADVAE_MODEL_SCORING_SIGMOID_INL_H_
#undef ADVAE_MODEL_SCORING_SIGMOID_INL_H_
#else
#define ADVAE_MODEL_SCORING_SIGMOID_INL_H_
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace advae::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// sigmoid(x) = 1 / (1 + 2^y) with y = kSigmoidScale x. The last layer of G has the factor in its
// weights.
inline constexpr float kSigmoidScale = -1.44269504f;  // -log2(e)

// |y| beyond which the sigmoid is 0 or 1 within 1e-18. Products of two powers stay finite.
inline constexpr float kSigmoidRange = 60;

// 2^y within 3e-6 relative, for |y| <= kSigmoidRange.
//
// y = n + f with n an integer and |f| <= 1/2: adding 1.5 * 2^23 rounds to n and leaves it in the
// low bits, from where a shift moves it to the exponent. The polynomial is the one of degree 4
// whose largest relative error on [-1/2, 1/2] is least (2.6e-6).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V FastExp2(D d, V y) {
  const hn::RebindToSigned<D> di;
  const V magic = hn::Set(d, 12582912.0f);
  const V shifted = hn::Add(y, magic);
  const V f = hn::Sub(y, hn::Sub(shifted, magic));
  V p = hn::MulAdd(hn::Set(d, 0.00957010191f), f, hn::Set(d, 0.0559178604f));
  p = hn::MulAdd(p, f, hn::Set(d, 0.240247448f));
  p = hn::MulAdd(p, f, hn::Set(d, 0.693121815f));
  p = hn::MulAdd(p, f, hn::Set(d, 0.999999261f));
  const auto exponent = hn::ShiftLeft<23>(hn::BitCast(di, shifted));
  return hn::BitCast(d, hn::Add(hn::BitCast(di, p), exponent));
}

// 2^y with y brought into range.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V SaturatedExp2(D d, V y) {
  return FastExp2(d, hn::Max(hn::Min(y, hn::Set(d, kSigmoidRange)), hn::Set(d, -kSigmoidRange)));
}

// numerator / denominator, for a denominator from 1 to 2^122, within 1e-7 relative.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V FastDivide([[maybe_unused]] D d, V numerator, V denominator) {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_SSE4
  // One step of Newton's method doubles the 12 to 14 bits of the approximation.
  const V r = hn::ApproximateReciprocal(denominator);
  return hn::Mul(numerator, hn::Mul(r, hn::NegMulAdd(denominator, r, hn::Set(d, 2.0f))));
#else
  return hn::Div(numerator, denominator);
#endif
}

// 1 / (1 + 2^y): within 1e-6 of the sigmoid.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Sigmoid(D d, V y) {
  const V one = hn::Set(d, 1.0f);
  return FastDivide(d, one, hn::Add(one, SaturatedExp2(d, y)));
}

// Sigmoid(d, y0) + Sigmoid(d, y1) with one division:
// 1 / (1 + a) + 1 / (1 + b) = (2 + a + b) / (1 + a + b + a b).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V SumOfTwoSigmoids(D d, V y0, V y1) {
  const V one = hn::Set(d, 1.0f);
  const V a = SaturatedExp2(d, y0);
  const V b = SaturatedExp2(d, y1);
  const V one_and_sum = hn::Add(one, hn::Add(a, b));
  return FastDivide(d, hn::Add(one, one_and_sum), hn::MulAdd(a, b, one_and_sum));
}

}  // namespace advae::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // ADVAE_MODEL_SCORING_SIGMOID_INL_H_
