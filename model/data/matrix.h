#ifndef ADVAE_MODEL_DATA_MATRIX_H_
#define ADVAE_MODEL_DATA_MATRIX_H_

#include <cstddef>
#include <span>
#include <vector>

namespace advae {

// Rows of features that belong to someone else: row-major and contiguous, size rows * columns.
// Row i starts at values + i * columns.
struct MatrixView {
  const float* values = nullptr;
  size_t rows = 0;
  size_t columns = 0;

  std::span<const float> row(size_t i) const { return {values + i * columns, columns}; }
  // Rows [first, first + count).
  MatrixView Slice(size_t first, size_t count) const {
    return {values + first * columns, count, columns};
  }
};

// The same, owned. `values.size()` is always a multiple of `columns`.
struct Matrix {
  std::vector<float> values;
  size_t columns = 0;

  size_t rows() const { return columns == 0 ? 0 : values.size() / columns; }
  std::span<const float> row(size_t i) const { return view().row(i); }
  MatrixView view() const { return {values.data(), rows(), columns}; }
};

}  // namespace advae

#endif  // ADVAE_MODEL_DATA_MATRIX_H_
