// The nearest rows of one query while they are searched, for the SIMD target that is being compiled
// (Highway's foreach_target.h). Include guards of such a header are by target.

#if defined(ADVAE_MODEL_SIMD_NEAREST_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ADVAE_MODEL_SIMD_NEAREST_INL_H_
#undef ADVAE_MODEL_SIMD_NEAREST_INL_H_
#else
#define ADVAE_MODEL_SIMD_NEAREST_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "model/simd/neighbor_search.h"

HWY_BEFORE_NAMESPACE();
namespace advae::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// The k nearest rows so far, ascending. A key orders by distance, then by row: the bits of a float
// that is not negative order as its values do.
class Nearest {
 public:
  // Keys of one query: a 0 that stands before the first, k of them, and some more to make whole
  // vectors.
  static size_t Stride(size_t k) { return 1 + (k + kMaxKeys - 1) / kMaxKeys * kMaxKeys; }
  static void Clear(uint64_t* keys, size_t stride) {
    keys[0] = 0;
    std::fill(keys + 1, keys + stride, kNone);
  }
  // Writes what was found, the last of it again for what was not.
  static void Unpack(const uint64_t* keys, size_t k, Neighbor* neighbors) {
    for (size_t i = 0; i < k; ++i) {
      const uint64_t key = keys[i + 1];
      neighbors[i] = key == kNone ? neighbors[i - 1]
                                  : Neighbor{.row = static_cast<uint32_t>(key),
                                             .squared_distance = DistanceOf(key)};
    }
  }

  Nearest(uint64_t* keys, size_t k, uint32_t excluded)
      : keys_(keys), k_(k), excluded_(excluded), worst_(WorstOf(keys[k])) {}

  // Tells that the k nearest are no farther than `bound`.
  void Limit(float bound) {
    bound_ = std::nextafter(bound, std::numeric_limits<float>::infinity());
    worst_ = std::min(worst_, bound_);
  }

  // The distance from which on a row is not among them.
  float worst() const { return worst_; }

  void Offer(float distance, uint32_t row) {
    if (!(distance < worst_) || row == excluded_) return;
    Insert(uint64_t{std::bit_cast<uint32_t>(distance)} << 32 | row);
    worst_ = std::min(bound_, WorstOf(keys_[k_]));
  }

 private:
  static constexpr uint64_t kNone = std::numeric_limits<uint64_t>::max();
  static constexpr size_t kMaxKeys = 8;  // in a vector

  // Each key becomes the smaller of itself and of the larger of the new one and the one before:
  // no branch, which would be hard to predict.
  void Insert(uint64_t key) {
    const hn::CappedTag<uint64_t, kMaxKeys> d;
    const auto inserted = hn::Set(d, key);
    const size_t lanes = hn::MaxLanes(d);
    for (size_t i = Stride(k_); i > 1;) {
      i -= lanes;
      const auto before = hn::LoadU(d, keys_ + i - 1);
      const auto here = hn::LoadU(d, keys_ + i);
      hn::StoreU(hn::Min(here, hn::Max(before, inserted)), d, keys_ + i);
    }
  }

  static float WorstOf(uint64_t key) {
    return key == kNone ? std::numeric_limits<float>::infinity() : DistanceOf(key);
  }
  static float DistanceOf(uint64_t key) {
    return std::bit_cast<float>(static_cast<uint32_t>(key >> 32));
  }

  uint64_t* keys_;
  size_t k_;
  uint32_t excluded_;
  float bound_ = std::numeric_limits<float>::infinity();
  float worst_;
};

}  // namespace advae::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // ADVAE_MODEL_SIMD_NEAREST_INL_H_
