#ifndef ADVAE_MODEL_NETWORKS_ACTIVATIONS_H_
#define ADVAE_MODEL_NETWORKS_ACTIVATIONS_H_

// Private to model/networks, model/training and tests: needs LibTorch.

#include <cstdint>
#include <span>

#include "model/networks/torch_headers.h"

namespace advae {

// Rows [first, first + count) of a buffer.
struct RowRange {
  int64_t first = 0;
  int64_t count = 0;
};

// All of the contiguous floats `tensor`.
inline std::span<float> Values(const at::Tensor& tensor) {
  return {tensor.data_ptr<float>(), static_cast<size_t>(tensor.numel())};
}

// Row i of the contiguous floats `matrix`.
inline std::span<float> RowOf(const at::Tensor& matrix, int64_t i) {
  const int64_t columns = matrix.size(1);
  return {matrix.data_ptr<float>() + i * columns, static_cast<size_t>(columns)};
}

// What flows between the networks for a batch: values, and the gradient of the loss by them. Both
// are contiguous floats [rows, columns] that stay allocated from one mini-batch to the next. Copies
// and slices share them.
struct Activations {
  at::Tensor values;
  at::Tensor gradients;

  // Not initialised.
  static Activations Allocate(int64_t rows, int64_t columns) {
    return {.values = at::empty({rows, columns}), .gradients = at::empty({rows, columns})};
  }

  Activations Slice(RowRange rows) const {
    return {.values = values.narrow(0, rows.first, rows.count),
            .gradients = gradients.narrow(0, rows.first, rows.count)};
  }

  std::span<float> row(int64_t i) const { return RowOf(values, i); }
  std::span<float> gradient_row(int64_t i) const { return RowOf(gradients, i); }
};

}  // namespace advae

#endif  // ADVAE_MODEL_NETWORKS_ACTIVATIONS_H_
