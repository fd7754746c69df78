#include "model/simd/matrix_product.h"

#include <algorithm>
#include <cassert>

#include "model/simd/packed_layer.h"
#include "model/simd/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/simd/matrix_product.cc"  // NOLINT
#include <hwy/foreach_target.h>                            // must come before highway.h
#include <hwy/highway.h>

#include "model/simd/dense_tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace advae::HWY_NAMESPACE {
namespace {

// Rows of a block whose sums, kVectors vectors a row, fit the registers; no more than the
// broadcasts from as many rows are worth.
template <size_t kVectors>
constexpr size_t kMaxRows = std::min<size_t>(12, kMaxUnits* kMaxVectors / kVectors);

// Columns [first, first + columns) of b -> panel [b.rows][stride], the rest of each row 0.
void PackPanel(const ConstMatrix& b, size_t first, size_t columns, size_t stride, float* panel) {
  const float* const values = b.values + first * b.column_step;
  for (size_t i = 0; i < b.rows; ++i) {
    std::fill(panel + i * stride + columns, panel + (i + 1) * stride, 0.0f);
  }
  if (b.column_step == 1) {
    for (size_t i = 0; i < b.rows; ++i) {
      std::copy_n(values + i * b.row_step, columns, panel + i * stride);
    }
    return;
  }
  // As many rows at a time as make a cache line of a column.
  constexpr size_t kRows = 16;
  for (size_t i = 0; i < b.rows; i += kRows) {
    const size_t end = std::min(i + kRows, b.rows);
    for (size_t j = 0; j < columns; ++j) {
      const float* const column = values + j * b.column_step;
      for (size_t row = i; row < end; ++row) panel[row * stride + j] = column[row * b.row_step];
    }
  }
}

// A block of the result: kRows rows of a times a panel of kVectors vectors, of whose last
// `last_lanes` lanes are columns.
template <size_t kRows, size_t kVectors>
HWY_INLINE void MultiplyBlock(const ConstMatrix& a, size_t first_row,
                              const float* HWY_RESTRICT panel, size_t last_lanes,
                              float* HWY_RESTRICT result, size_t result_stride) {
  const Lanes d;
  Vector sums[kRows][kVectors];
#pragma GCC unroll 16
  for (size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
    for (size_t v = 0; v < kVectors; ++v) sums[i][v] = hn::Zero(d);
  }
  const float* HWY_RESTRICT column = a.values + first_row * a.row_step;
  for (size_t k = 0; k < a.columns; ++k, column += a.column_step, panel += kVectors * kLanes) {
    Vector b[kVectors];
#pragma GCC unroll 4
    for (size_t v = 0; v < kVectors; ++v) b[v] = hn::Load(d, panel + v * kLanes);
#pragma GCC unroll 16
    for (size_t i = 0; i < kRows; ++i) {
      const Vector factor = hn::Set(d, column[i * a.row_step]);
#pragma GCC unroll 4
      for (size_t v = 0; v < kVectors; ++v) sums[i][v] = hn::MulAdd(factor, b[v], sums[i][v]);
    }
  }
  const auto last = hn::FirstN(d, last_lanes);
#pragma GCC unroll 16
  for (size_t i = 0; i < kRows; ++i) {
    float* const row = result + i * result_stride;
#pragma GCC unroll 4
    for (size_t v = 0; v + 1 < kVectors; ++v) hn::StoreU(sums[i][v], d, row + v * kLanes);
    hn::BlendedStore(sums[i][kVectors - 1], last, d, row + (kVectors - 1) * kLanes);
  }
}

// The same for a number of rows that is known only now.
template <size_t kVectors, size_t kRows = kMaxRows<kVectors>>
HWY_INLINE void MultiplyBlock(size_t rows, const ConstMatrix& a, size_t first_row,
                              const float* panel, size_t last_lanes, float* result,
                              size_t result_stride) {
  if constexpr (kRows > 1) {
    if (rows < kRows) {
      return MultiplyBlock<kVectors, kRows - 1>(rows, a, first_row, panel, last_lanes, result,
                                                result_stride);
    }
  }
  MultiplyBlock<kRows, kVectors>(a, first_row, panel, last_lanes, result, result_stride);
}

// a times a panel.
template <size_t kVectors>
HWY_NOINLINE void MultiplyPanel(const ConstMatrix& a, const float* panel, size_t last_lanes,
                                float* result, size_t result_stride) {
  const EvenBlocks blocks(a.rows, kMaxRows<kVectors>);
  for (size_t row = 0; row < a.rows;) {
    const size_t rows = blocks.SizeAt(row);
    MultiplyBlock<kVectors>(rows, a, row, panel, last_lanes, result + row * result_stride,
                            result_stride);
    row += rows;
  }
}

template <size_t kVectors = kMaxVectors>
void MultiplyPanel(size_t vectors, const ConstMatrix& a, const float* panel, size_t last_lanes,
                   float* result, size_t result_stride) {
  if constexpr (kVectors > 1) {
    if (vectors < kVectors) {
      return MultiplyPanel<kVectors - 1>(vectors, a, panel, last_lanes, result, result_stride);
    }
  }
  MultiplyPanel<kVectors>(a, panel, last_lanes, result, result_stride);
}

}  // namespace

void Multiply(const ConstMatrix& a, const ConstMatrix& b, AlignedFloats& panel, float* result) {
  const EvenBlocks panels((b.columns + kLanes - 1) / kLanes, kMaxVectors);
  for (size_t vector = 0; vector < panels.items();) {
    const size_t vectors = panels.SizeAt(vector);
    const size_t stride = vectors * kLanes;
    const size_t first = vector * kLanes;
    const size_t columns = std::min(stride, b.columns - first);
    if (panel.size() < b.rows * stride) panel.resize(b.rows * stride);
    PackPanel(b, first, columns, stride, panel.data());
    MultiplyPanel(vectors, a, panel.data(), columns - (vectors - 1) * kLanes, result + first,
                  b.columns);
    vector += vectors;
  }
}

}  // namespace advae::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace advae {

HWY_EXPORT(Multiply);

void MatrixProduct::Multiply(const ConstMatrix& a, const ConstMatrix& b, float* result) {
  assert(a.columns == b.rows);
  if (a.rows == 0 || b.columns == 0) return;
  HWY_DYNAMIC_DISPATCH(Multiply)(a, b, panel_, result);
}

}  // namespace advae
#endif  // HWY_ONCE
