// Dense layers on tiles, for the SIMD target that is being compiled (Highway's foreach_target.h).
//
// A tile holds S vectors of lanes for each unit, [units][S * lanes], where a lane is a sample of
// the latent plan, or a row that is being encoded. A block of up to kMaxUnits units and S vectors
// is accumulated in registers: one weight, broadcast, serves S fused multiply-adds, and one vector
// of inputs as many as there are units. Each sum runs over the inputs in their order and in a lane
// of its own, so that the shape of blocks and tiles does not change a bit of it.

#if defined(ADVAE_MODEL_SCORING_DENSE_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ADVAE_MODEL_SCORING_DENSE_TILE_INL_H_
#undef ADVAE_MODEL_SCORING_DENSE_TILE_INL_H_
#else
#define ADVAE_MODEL_SCORING_DENSE_TILE_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>

#include "model/scoring/packed_layer.h"

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

// Calls done(u, sums) for each unit of the block with its S vectors of W x + b.
template <size_t kUnits, size_t S, class Done>
HWY_INLINE void ApplyBlock(const float* HWY_RESTRICT in, size_t inputs, const BlockWeights& block,
                           const Done& done) {
  const Lanes d;
  Vector sums[kUnits][S];
#pragma GCC unroll 8
  for (size_t u = 0; u < kUnits; ++u) {
#pragma GCC unroll 8
    for (size_t s = 0; s < S; ++s) sums[u][s] = hn::Set(d, block.bias[u]);
  }
  const float* HWY_RESTRICT weight = block.weight;
  for (size_t i = 0; i < inputs; ++i, weight += block.stride, in += S * kLanes) {
    Vector x[S];
#pragma GCC unroll 8
    for (size_t s = 0; s < S; ++s) x[s] = hn::Load(d, in + s * kLanes);
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
HWY_INLINE void ApplyBlock(size_t units, const float* HWY_RESTRICT in, size_t inputs,
                           const BlockWeights& block, const Done& done) {
  if constexpr (kUnits > 1) {
    if (units < kUnits) return ApplyBlock<S, kUnits - 1>(units, in, inputs, block, done);
  }
  ApplyBlock<kUnits, S>(in, inputs, block, done);
}

// Applies a layer to the tile `in` [inputs][S * kLanes] and calls done(unit, sums) for each unit.
template <size_t S, class Done>
HWY_INLINE void ApplyLayer(const PackedLayer& layer, const float* HWY_RESTRICT in,
                           const Done& done) {
  for (size_t first = 0; first < layer.blocks.items();) {
    const size_t units = layer.blocks.SizeAt(first);
    ApplyBlock<S>(units, in, layer.inputs,
                  {.weight = layer.weight.data() + first * layer.inputs,
                   .stride = units,
                   .bias = layer.bias.data() + first},
                  [&](size_t u, const Vector(&sums)[S]) { done(first + u, sums); });
    first += units;
  }
}

// For `done`: stores the sums in the tile `out`.
template <size_t S>
struct StoreLinear {
  float* HWY_RESTRICT out;

  HWY_INLINE void operator()(size_t unit, const Vector (&sums)[S]) const {
#pragma GCC unroll 8
    for (size_t s = 0; s < S; ++s) {
      hn::Store(sums[s], Lanes(), out + (unit * S + s) * kLanes);
    }
  }
};

// For `done`: stores ReLU(sums), at most `limit`, in the tile `out`.
template <size_t S>
struct StoreRelu {
  float* HWY_RESTRICT out;
  float limit;

  HWY_INLINE void operator()(size_t unit, const Vector (&sums)[S]) const {
    const Lanes d;
    const Vector zero = hn::Zero(d);
    const Vector most = hn::Set(d, limit);
#pragma GCC unroll 8
    for (size_t s = 0; s < S; ++s) {
      hn::Store(hn::Min(hn::Max(sums[s], zero), most), d, out + (unit * S + s) * kLanes);
    }
  }
};

}  // namespace advae::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // ADVAE_MODEL_SCORING_DENSE_TILE_INL_H_
