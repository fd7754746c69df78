#ifndef ADVAE_MODEL_SIMD_MATRIX_PRODUCT_H_
#define ADVAE_MODEL_SIMD_MATRIX_PRODUCT_H_

#include <cstddef>

#include "model/simd/aligned_floats.h"

namespace advae {

// A matrix in which element (i, j) stands at values[i * row_step + j * column_step].
struct ConstMatrix {
  const float* values;
  size_t rows;
  size_t columns;
  size_t row_step;
  size_t column_step;

  ConstMatrix Transposed() const { return {values, columns, rows, column_step, row_step}; }
};

// Products of matrices as large as a mini-batch and the layers of its networks, on one thread. Not
// the BLAS that LibTorch uses: which one is installed, and which kernels it picks for the
// processor, would decide how long a training takes and which networks a seed leads to.
//
// Not thread-safe: keeps memory from one product to the next.
class MatrixProduct {
 public:
  // result = a b, row after row. Needs a.columns == b.rows; sizes may be 0. Each element is summed
  // over the inner dimension in order and with fused multiply-adds where the processor has them.
  void Multiply(const ConstMatrix& a, const ConstMatrix& b, float* result);

 private:
  AlignedFloats panel_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_SIMD_MATRIX_PRODUCT_H_
