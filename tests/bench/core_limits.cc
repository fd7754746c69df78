#include "tests/bench/core_limits.h"

#include "model/simd/simd_targets.h"

// This file is compiled once for each SIMD target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/bench/core_limits.cc"  // NOLINT
#include <hwy/foreach_target.h>                          // must come before highway.h
#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

#include "model/simd/dense_tile-inl.h"
#include "model/simd/sigmoid-inl.h"

HWY_BEFORE_NAMESPACE();
namespace advae::HWY_NAMESPACE {

// Each returns how many operations it did; `sink` receives what they come to, so that they are
// done.

uint64_t MultiplyAdds(float* sink) {
  constexpr size_t kSums = kMaxUnits * kMaxVectors;
  constexpr uint64_t kRounds = 100'000;
  const Lanes d;
  const Vector x = hn::Set(d, *sink);
  const Vector y = hn::Set(d, *sink / 2);
  Vector sums[kSums];
#pragma GCC unroll 32
  for (size_t i = 0; i < kSums; ++i) sums[i] = hn::Set(d, static_cast<float>(i));
  for (uint64_t round = 0; round < kRounds; ++round) {
#pragma GCC unroll 32
    for (size_t i = 0; i < kSums; ++i) sums[i] = hn::MulAdd(sums[i], x, y);
  }
  Vector total = hn::Zero(d);
#pragma GCC unroll 32
  for (size_t i = 0; i < kSums; ++i) total = hn::Add(total, sums[i]);
  *sink += 1e-30f * hn::GetLane(total);
  return kRounds * kSums * kLanes;
}

uint64_t Sigmoids(float* sink) {
  constexpr size_t kUnits = 32;
  constexpr uint64_t kRounds = 5'000;
  constexpr size_t kValues = kUnits * kMaxVectors * kLanes;
  const Lanes d;
  alignas(64) float y[kValues];
  alignas(64) float sums[kUnits * kLanes] = {};
  for (size_t i = 0; i < kValues; ++i) y[i] = 0.01f * static_cast<float>(i % 1000) - 5 * *sink;
  for (uint64_t round = 0; round < kRounds; ++round) {
    for (size_t unit = 0; unit < kUnits; ++unit) {
      Vector values[kMaxVectors];
#pragma GCC unroll 8
      for (size_t s = 0; s < kMaxVectors; ++s) {
        values[s] = hn::Load(d, y + (unit * kMaxVectors + s) * kLanes);
      }
      const Vector sum = hn::Load(d, sums + unit * kLanes);
      hn::Store(AddSigmoids(d, sum, values), d, sums + unit * kLanes);
    }
  }
  *sink += 1e-30f * sums[0];
  return kRounds * kValues;
}

}  // namespace advae::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include <algorithm>
#include <chrono>

namespace advae {
namespace {

using Operation = uint64_t (*)(float*);

// The best rate of a few runs: what disturbs one can only make it slower.
double Rate(Operation operation) {
  constexpr int kRuns = 5;
  float sink = 0.5f;
  double best = 0;
  for (int run = 0; run < kRuns; ++run) {
    const auto start = std::chrono::steady_clock::now();
    const auto count = static_cast<double>(operation(&sink));
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    // Always true; but the compiler cannot know.
    if (sink > 0) best = std::max(best, count / taken.count());
  }
  return best;
}

struct Operations {
  Operation multiply_adds = nullptr;
  Operation sigmoids = nullptr;
};

Operations OperationsOf(InstructionSet set) {
  switch (set) {
#if HWY_TARGETS & HWY_AVX3
    case InstructionSet::kAvx512:
      return {N_AVX3::MultiplyAdds, N_AVX3::Sigmoids};
#endif
#if HWY_TARGETS & HWY_AVX2
    case InstructionSet::kAvx2:
      return {N_AVX2::MultiplyAdds, N_AVX2::Sigmoids};
#endif
#if HWY_TARGETS & HWY_SSE4
    case InstructionSet::kSse4:
      return {N_SSE4::MultiplyAdds, N_SSE4::Sigmoids};
#endif
#if HWY_TARGETS & HWY_NEON
    case InstructionSet::kNeon:
      return {N_NEON::MultiplyAdds, N_NEON::Sigmoids};
#endif
    default:
      return {HWY_STATIC_DISPATCH(MultiplyAdds), HWY_STATIC_DISPATCH(Sigmoids)};
  }
}

}  // namespace

double MeasureMultiplyAdds(InstructionSet set) { return Rate(OperationsOf(set).multiply_adds); }

double MeasureSigmoids(InstructionSet set) { return Rate(OperationsOf(set).sigmoids); }

}  // namespace advae
#endif  // HWY_ONCE
