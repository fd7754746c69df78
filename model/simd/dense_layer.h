#ifndef ADVAE_MODEL_SIMD_DENSE_LAYER_H_
#define ADVAE_MODEL_SIMD_DENSE_LAYER_H_

#include <cstddef>
#include <vector>

namespace advae {

// One fully connected layer, y = W x + b.
struct DenseLayer {
  size_t inputs = 0;
  size_t outputs = 0;
  std::vector<float> weight;  // W, row-major, size outputs * inputs
  std::vector<float> bias;    // b, size outputs
};

}  // namespace advae

#endif  // ADVAE_MODEL_SIMD_DENSE_LAYER_H_
