// Dense layers with ReLU on tiles, for the SIMD target that is being compiled (Highway's
// foreach_target.h).
//
// A tile holds S vectors of lanes for each unit, [units][S * lanes], where a lane is a sample of
// the latent plan, or a row that is being encoded. A block of up to kMaxUnits units and S vectors
// is accumulated in registers: one weight, broadcast, serves S fused multiply-adds, and one vector
// of inputs as many as there are units. Each sum runs over the inputs in their order and in a lane
// of its own, so that the shape of blocks and tiles does not change a bit of it.

#if defined(ADVAE_MODEL_SIMD_DENSE_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ADVAE_MODEL_SIMD_DENSE_TILE_INL_H_
#undef ADVAE_MODEL_SIMD_DENSE_TILE_INL_H_
#else
#define ADVAE_MODEL_SIMD_DENSE_TILE_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

#include "model/simd/packed_layer.h"

HWY_BEFORE_NAMESPACE();
namespace advae::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Lanes = hn::ScalableTag<float>;
using Vector = hn::Vec<Lanes>;
inline constexpr size_t kLanes = hn::MaxLanes(Lanes());

// Units * vectors accumulators, vectors of inputs and a weight fit the registers.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON
inline constexpr size_t kMaxUnits = 6;
inline constexpr size_t kMaxVectors = 4;
#elif HWY_TARGET == HWY_AVX2
inline constexpr size_t kMaxUnits = 4;
inline constexpr size_t kMaxVectors = 3;
#else
inline constexpr size_t kMaxUnits = 4;
inline constexpr size_t kMaxVectors = 2;
#endif

// The weights of one block of units: that of input i to unit u is at weight[i * stride + u].
struct BlockWeights {
  const float* weight;
  size_t stride;
  const float* bias;
};

// The inputs of a layer: a tile of the units in `units`, ascending; the others are 0.
struct Inputs {
  const float* HWY_RESTRICT values;    // [count][S * kLanes]
  const uint32_t* HWY_RESTRICT units;  // [count]
  size_t count;
};

// Calls done(u, sums) for each unit of the block with its S vectors of W x + b.
template <size_t kUnits, size_t S, class Done>
HWY_INLINE void ApplyBlock(const Inputs& in, const BlockWeights& block, Done&& done) {
  const Lanes d;
  Vector sums[kUnits][S];
#pragma GCC unroll 8
  for (size_t u = 0; u < kUnits; ++u) {
#pragma GCC unroll 8
    for (size_t s = 0; s < S; ++s) sums[u][s] = hn::Set(d, block.bias[u]);
  }
  const float* HWY_RESTRICT values = in.values;
  for (size_t i = 0; i < in.count; ++i, values += S * kLanes) {
    const float* HWY_RESTRICT weight = block.weight + in.units[i] * block.stride;
    Vector x[S];
#pragma GCC unroll 8
    for (size_t s = 0; s < S; ++s) x[s] = hn::Load(d, values + s * kLanes);
#pragma GCC unroll 8
    for (size_t u = 0; u < kUnits; ++u) {
      const Vector w = hn::Set(d, weight[u]);
#pragma GCC unroll 8
      for (size_t s = 0; s < S; ++s) sums[u][s] = hn::MulAdd(w, x[s], sums[u][s]);
    }
  }
#pragma GCC unroll 8
  for (size_t u = 0; u < kUnits; ++u) done(u, sums[u]);
}

// The same for a number of units that is known only now.
template <size_t S, size_t kUnits = kMaxUnits, class Done>
HWY_INLINE void ApplyBlock(size_t units, const Inputs& in, const BlockWeights& block, Done&& done) {
  if constexpr (kUnits > 1) {
    if (units < kUnits) return ApplyBlock<S, kUnits - 1>(units, in, block, done);
  }
  ApplyBlock<kUnits, S>(in, block, done);
}

// Applies a layer and calls done(unit, sums) for each of its units, in ascending order.
template <size_t S, class Done>
HWY_INLINE void ApplyLayer(const PackedLayer& layer, const Inputs& in, Done&& done) {
  for (size_t first = 0; first < layer.blocks.items();) {
    const size_t units = layer.blocks.SizeAt(first);
    ApplyBlock<S>(units, in,
                  {.weight = layer.weight.data() + first * layer.inputs,
                   .stride = units,
                   .bias = layer.bias.data() + first},
                  [&](size_t u, const Vector(&sums)[S]) { done(first + u, sums); });
    first += units;
  }
}

// For `done`: stores the sums in a tile.
template <size_t S>
struct StoreLinear {
  float* HWY_RESTRICT out;

  HWY_INLINE void operator()(size_t unit, const Vector (&sums)[S]) {
#pragma GCC unroll 8
    for (size_t s = 0; s < S; ++s) {
      hn::Store(sums[s], Lanes(), out + (unit * S + s) * kLanes);
    }
  }
};

// For `done`: stores ReLU(sums), at most `limit`, of the units that are not 0 throughout. The
// memory is for all units.
template <size_t S>
struct StoreRelu {
  float* HWY_RESTRICT values;
  uint32_t* HWY_RESTRICT units;
  float limit;
  bool keeps_zeros;  // stores all units
  size_t count = 0;

  HWY_INLINE void operator()(size_t unit, const Vector (&sums)[S]) {
    const Lanes d;
    const Vector zero = hn::Zero(d);
    const Vector most = hn::Set(d, limit);
    Vector largest = zero;
#pragma GCC unroll 8
    for (size_t s = 0; s < S; ++s) {
      const Vector value = hn::Min(hn::Max(sums[s], zero), most);
      hn::Store(value, d, values + (count * S + s) * kLanes);
      largest = hn::Max(largest, value);
    }
    units[count] = static_cast<uint32_t>(unit);
    // Without a branch, which would be hard to predict: a unit of zeros is overwritten by the next.
    count += (keeps_zeros || !hn::AllFalse(d, hn::Gt(largest, zero))) ? 1 : 0;
  }

  Inputs stored() const { return {.values = values, .units = units, .count = count}; }
};

}  // namespace advae::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // ADVAE_MODEL_SIMD_DENSE_TILE_INL_H_
