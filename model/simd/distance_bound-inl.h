// A bound on the k-th smallest of many distances, for the SIMD target that is being compiled
// (Highway's foreach_target.h). Include guards of such a header are by target.

#if defined(ADVAE_MODEL_SIMD_DISTANCE_BOUND_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ADVAE_MODEL_SIMD_DISTANCE_BOUND_INL_H_
#undef ADVAE_MODEL_SIMD_DISTANCE_BOUND_INL_H_
#else
#define ADVAE_MODEL_SIMD_DISTANCE_BOUND_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace advae::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// A number that at least k of `count` distances do not exceed, and not many more than k; infinite
// when none is found. `distances` are aligned, at least 0, and whole vectors.
//
// Of disjoint groups of distances, the k-th smallest minimum has that property: each of k groups
// has a distance that is no larger. A few steps of bisection come near enough to it.
inline float BoundOfNearest(const float* HWY_RESTRICT distances, size_t count, size_t k) {
  using Lanes = hn::ScalableTag<float>;
  const Lanes d;
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr size_t kLanes = hn::MaxLanes(Lanes());
  constexpr size_t kMinima = 64;  // groups
  constexpr size_t kVectors = std::max<size_t>(1, kMinima / kLanes);
  constexpr size_t kStep = kVectors * kLanes;
  constexpr size_t kMinDistancesOfGroup = 4;
  constexpr int kSteps = 8;
  if (count < kMinDistancesOfGroup * kStep || 2 * k > kStep) return kInfinity;

  // What is left of the distances, less than one for each group, is left out.
  hn::Vec<Lanes> minima[kVectors];
#pragma GCC unroll 16
  for (auto& minimum : minima) minimum = hn::Set(d, kInfinity);
  for (size_t i = 0; i + kStep <= count; i += kStep) {
#pragma GCC unroll 16
    for (size_t v = 0; v < kVectors; ++v) {
      minima[v] = hn::Min(minima[v], hn::Load(d, distances + i + v * kLanes));
    }
  }
  const auto count_up_to = [&](float bound) {
    size_t found = 0;
#pragma GCC unroll 16
    for (const auto& minimum : minima) {
      found += hn::CountTrue(d, hn::Le(minimum, hn::Set(d, bound)));
    }
    return found;
  };
  auto least = minima[0];
  auto most = minima[0];
  for (size_t v = 1; v < kVectors; ++v) {
    least = hn::Min(least, minima[v]);
    most = hn::Max(most, minima[v]);
  }
  float low = hn::GetLane(hn::MinOfLanes(d, least));
  float high = hn::GetLane(hn::MaxOfLanes(d, most));
  if (!(high < kInfinity)) return kInfinity;
  for (int step = 0; step < kSteps; ++step) {
    const float middle = low + (high - low) / 2;
    (count_up_to(middle) < k ? low : high) = middle;
  }
  return high;
}

}  // namespace advae::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // ADVAE_MODEL_SIMD_DISTANCE_BOUND_INL_H_
