#include "model/simd/neighbor_search.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "model/simd/aligned_floats.h"
#include "model/simd/simd_targets.h"

// This file is compiled once for each SIMD target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/simd/neighbor_search.cc"  // NOLINT
#include <hwy/foreach_target.h>                             // must come before highway.h
#include <hwy/highway.h>

#include "model/simd/distance_bound-inl.h"
#include "model/simd/nearest-inl.h"

HWY_BEFORE_NAMESPACE();
namespace advae::HWY_NAMESPACE {
namespace {

using Lanes = hn::ScalableTag<float>;
using Vector = hn::Vec<Lanes>;
constexpr size_t kLanes = hn::MaxLanes(Lanes());

// Queries that share a load, and vectors of rows in a block: the sums of both fit the registers.
constexpr size_t kQueries = 4;
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON
constexpr size_t kVectors = 4;
#else
constexpr size_t kVectors = 2;
#endif
constexpr size_t kBlockRows = kVectors * kLanes;

// Rows whose distances are known before any of them is offered: what is sure not to be among the
// nearest of these never is. Their distances to some queries fit the first-level cache.
constexpr size_t kFirstBlocks = 1024 / kBlockRows;

// Blocks that all queries are compared with before the next ones are: a part of the second-level
// cache.
constexpr size_t kStripeBytes = 256 << 10;

bool HasMissing(const float* values, size_t size) {
  return std::any_of(values, values + size, [](float value) { return std::isnan(value); });
}

class Search final : public NeighborSearch {
 public:
  Search(const float* rows, size_t count, size_t columns)
      : NeighborSearch(count, columns),
        has_missing_(HasMissing(rows, count * columns)),
        blocks_((count + kBlockRows - 1) / kBlockRows),
        first_(std::min(blocks_, kFirstBlocks)),
        stripe_(std::max<size_t>(1, kStripeBytes / (kBlockRows * columns * sizeof(float)))),
        packed_(blocks_ * kBlockRows * columns, std::numeric_limits<float>::infinity()) {
    for (size_t i = 0; i < count; ++i) {
      float* const block = packed_.data() + i / kBlockRows * kBlockRows * columns;
      for (size_t j = 0; j < columns; ++j) {
        block[j * kBlockRows + i % kBlockRows] = rows[i * columns + j];
      }
    }
  }

  bool Find(const NeighborQueries& queries, size_t k, Neighbor* neighbors,
            NeighborSearchMemory& memory,
            const std::function<bool(size_t)>& should_stop) const override {
    const size_t stride = Nearest::Stride(k);
    memory.keys.resize(std::max(memory.keys.size(), queries.count * stride));
    memory.distances.resize(kQueries * kFirstBlocks * kBlockRows);
    for (size_t query = 0; query < queries.count; ++query) {
      Nearest::Clear(memory.keys.data() + query * stride, stride);
    }
    for (size_t first = 0, last = first_; first < blocks_;
         first = last, last = std::min(first + stripe_, blocks_)) {
      for (size_t query = 0; query < queries.count; query += kQueries) {
        const size_t count = std::min(kQueries, queries.count - query);
        const bool has_missing =
            has_missing_ || HasMissing(queries.values + query * columns(), count * columns());
        const auto compare = has_missing ? &Search::CompareStripe<Missing::kSome>
                                         : &Search::CompareStripe<Missing::kNone>;
        (this->*compare)(count, first, last, queries, query, k, memory);
        const size_t multiply_adds = count * (last - first) * kBlockRows * columns();
        if (should_stop && should_stop(multiply_adds)) return false;
      }
    }
    for (size_t query = 0; query < queries.count; ++query) {
      Nearest::Unpack(memory.keys.data() + query * stride, k, neighbors + query * k);
    }
    return true;
  }

 private:
  // Whether rows or queries may have missing values.
  enum class Missing { kNone, kSome };

  // Offers the rows of the blocks [first, last) to kCount queries, of which `query` is the first.
  template <Missing kMissing, size_t kCount>
  HWY_NOINLINE void CompareStripe(size_t first, size_t last, const NeighborQueries& queries,
                                  size_t query, size_t k, NeighborSearchMemory& memory) const {
    const float* const x = queries.values + query * columns();
    const auto nearest_of = [&](size_t q) {
      return Nearest(memory.keys.data() + (query + q) * Nearest::Stride(k), k,
                     queries.excluded.empty() ? kNoRow : queries.excluded[query + q]);
    };
    Nearest nearest[kQueries] = {nearest_of(0), nearest_of(kCount > 1 ? 1 : 0),
                                 nearest_of(kCount > 2 ? 2 : 0), nearest_of(kCount > 3 ? 3 : 0)};
    if (first == 0) return CompareFirst<kMissing, kCount>(x, k, memory.distances, nearest);
    for (size_t block = first; block < last; ++block) {
      Vector distances[kCount][kVectors];
      Measure<kMissing, kCount>(x, block, distances);
#pragma GCC unroll 4
      for (size_t q = 0; q < kCount; ++q) OfferBlock<kMissing>(distances[q], block, nearest[q]);
    }
  }

  // The same for the first blocks.
  template <Missing kMissing, size_t kCount>
  HWY_INLINE void CompareFirst(const float* HWY_RESTRICT x, size_t k, AlignedFloats& memory,
                               Nearest* nearest) const {
    const Lanes d;
    const size_t rows = first_ * kBlockRows;
    for (size_t block = 0; block < first_; ++block) {
      Vector distances[kCount][kVectors];
      Measure<kMissing, kCount>(x, block, distances);
      float* const out = memory.data() + block * kBlockRows;
#pragma GCC unroll 4
      for (size_t q = 0; q < kCount; ++q) {
#pragma GCC unroll 4
        for (size_t v = 0; v < kVectors; ++v) {
          hn::Store(distances[q][v], d, out + q * rows + v * kLanes);
        }
      }
    }
    for (size_t q = 0; q < kCount; ++q) {
      const float* const measured = memory.data() + q * rows;
      // One more than k, as one may be excluded.
      nearest[q].Limit(BoundOfNearest(measured, rows, k + 1));
      for (size_t block = 0; block < first_; ++block) {
        Vector distances[kVectors];
#pragma GCC unroll 4
        for (size_t v = 0; v < kVectors; ++v) {
          distances[v] = hn::Load(d, measured + block * kBlockRows + v * kLanes);
        }
        OfferBlock<kMissing>(distances, block, nearest[q]);
      }
    }
  }

  // The same for a count that is known only now.
  template <Missing kMissing>
  void CompareStripe(size_t count, size_t first, size_t last, const NeighborQueries& queries,
                     size_t query, size_t k, NeighborSearchMemory& memory) const {
    static_assert(kQueries == 4);
    switch (count) {
      case 1:
        return CompareStripe<kMissing, 1>(first, last, queries, query, k, memory);
      case 2:
        return CompareStripe<kMissing, 2>(first, last, queries, query, k, memory);
      case 3:
        return CompareStripe<kMissing, 3>(first, last, queries, query, k, memory);
      default:
        return CompareStripe<kMissing, 4>(first, last, queries, query, k, memory);
    }
  }

  // The squared distances of kCount queries to the rows of a block.
  template <Missing kMissing, size_t kCount>
  HWY_INLINE void Measure(const float* HWY_RESTRICT x, size_t block,
                          Vector (&sums)[kCount][kVectors]) const {
    const Lanes d;
    [[maybe_unused]] Vector shared[kCount][kVectors];  // columns that both rows have
#pragma GCC unroll 4
    for (size_t q = 0; q < kCount; ++q) {
#pragma GCC unroll 4
      for (size_t v = 0; v < kVectors; ++v) sums[q][v] = shared[q][v] = hn::Zero(d);
    }
    const size_t size = columns();
    const float* HWY_RESTRICT rows = packed_.data() + block * kBlockRows * size;
    for (size_t j = 0; j < size; ++j, rows += kBlockRows) {
#pragma GCC unroll 4
      for (size_t q = 0; q < kCount; ++q) {
        const Vector value = hn::Set(d, x[q * size + j]);
#pragma GCC unroll 4
        for (size_t v = 0; v < kVectors; ++v) {
          Vector difference = hn::Sub(value, hn::Load(d, rows + v * kLanes));
          if constexpr (kMissing == Missing::kSome) {
            const auto both = hn::Eq(difference, difference);
            difference = hn::IfThenElseZero(both, difference);
            shared[q][v] = hn::Add(shared[q][v], hn::IfThenElseZero(both, hn::Set(d, 1.0f)));
          }
          sums[q][v] = hn::MulAdd(difference, difference, sums[q][v]);
        }
      }
    }
    if constexpr (kMissing == Missing::kSome) {
      for (size_t q = 0; q < kCount; ++q) ExtendToAllColumns(shared[q], sums[q]);
    }
  }

  // Scales sums over shared columns to all columns; exact where all are shared.
  HWY_INLINE void ExtendToAllColumns(const Vector (&shared)[kVectors],
                                     Vector (&sums)[kVectors]) const {
    const Lanes d;
    const Vector all = hn::Set(d, static_cast<float>(columns()));
    for (size_t v = 0; v < kVectors; ++v) {
      const Vector extended = hn::Mul(sums[v], hn::Div(all, shared[v]));
      sums[v] =
          hn::IfThenElse(hn::Gt(shared[v], hn::Zero(d)), extended, hn::Set(d, kNothingShared));
    }
  }

  template <Missing kMissing>
  HWY_INLINE void OfferBlock(const Vector (&distances)[kVectors], size_t block,
                             Nearest& nearest) const {
    const Lanes d;
    Vector least = distances[0];
#pragma GCC unroll 4
    for (size_t v = 1; v < kVectors; ++v) least = hn::Min(least, distances[v]);
    if (hn::AllFalse(d, hn::Lt(least, hn::Set(d, nearest.worst())))) return;
    HWY_ALIGN float values[kBlockRows];
#pragma GCC unroll 4
    for (size_t v = 0; v < kVectors; ++v) hn::Store(distances[v], d, values + v * kLanes);
    for (size_t v = 0; v < kVectors; ++v) {
      uint8_t bits[8] = {};
      hn::StoreMaskBits(d, hn::Lt(distances[v], hn::Set(d, nearest.worst())), bits);
      uint64_t lanes = 0;
      std::copy_n(bits, sizeof(bits), reinterpret_cast<uint8_t*>(&lanes));
      for (; lanes != 0; lanes &= lanes - 1) {
        const size_t i = v * kLanes + static_cast<size_t>(std::countr_zero(lanes));
        // A query without any value shares nothing with what fills up the last block either.
        if (kMissing == Missing::kSome && block * kBlockRows + i >= this->rows()) return;
        nearest.Offer(values[i], static_cast<uint32_t>(block * kBlockRows + i));
      }
    }
  }

  static constexpr uint32_t kNoRow = std::numeric_limits<uint32_t>::max();

  const bool has_missing_;
  const size_t blocks_;
  const size_t first_;    // blocks that are compared first
  const size_t stripe_;   // blocks of those that follow at a time
  AlignedFloats packed_;  // [blocks][columns][kBlockRows]; missing rows are infinite
};

}  // namespace

std::unique_ptr<const NeighborSearch> CreateSearch(const float* rows, size_t count,
                                                   size_t columns) {
  return std::make_unique<const Search>(rows, count, columns);
}

}  // namespace advae::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace advae {
namespace {

using CreateFunction = std::unique_ptr<const NeighborSearch> (*)(const float*, size_t, size_t);

constexpr std::pair<InstructionSet, CreateFunction> kVariants[] = {
#if HWY_TARGETS & HWY_AVX3
    {InstructionSet::kAvx512, N_AVX3::CreateSearch},
#endif
#if HWY_TARGETS & HWY_AVX2
    {InstructionSet::kAvx2, N_AVX2::CreateSearch},
#endif
#if HWY_TARGETS & HWY_SSE4
    {InstructionSet::kSse4, N_SSE4::CreateSearch},
#endif
#if HWY_TARGETS & HWY_NEON
    {InstructionSet::kNeon, N_NEON::CreateSearch},
#endif
#if HWY_TARGETS & HWY_EMU128
    {InstructionSet::kPortable, N_EMU128::CreateSearch},
#elif HWY_TARGETS & HWY_SCALAR
    {InstructionSet::kPortable, N_SCALAR::CreateSearch},
#endif
};

}  // namespace

double MeanDistance(std::span<const Neighbor> neighbors) {
  double sum = 0;
  for (const Neighbor& neighbor : neighbors) {
    sum += std::sqrt(static_cast<double>(neighbor.squared_distance));
  }
  return sum / static_cast<double>(neighbors.size());
}

std::unique_ptr<const NeighborSearch> NeighborSearch::Create(const float* rows, size_t count,
                                                             size_t columns, InstructionSet set) {
  const auto* const variant =
      std::ranges::find_if(kVariants, [set](const auto& v) { return v.first == set; });
  assert(variant != std::end(kVariants));
  return variant->second(rows, count, columns);
}

}  // namespace advae
#endif  // HWY_ONCE
