#include "model/simd/packed_layer.h"

#include <cfloat>
#include <cmath>

namespace advae {

PackedLayer::PackedLayer(const DenseLayer& layer, size_t max_block_units, float scale)
    : inputs(layer.inputs), blocks(layer.outputs, max_block_units) {
  const auto scaled = [scale](float value) { return std::clamp(value * scale, -FLT_MAX, FLT_MAX); };
  weight.reserve(layer.weight.size());
  for (size_t first = 0; first < layer.outputs; first += blocks.SizeAt(first)) {
    for (size_t i = 0; i < inputs; ++i) {
      for (size_t unit = first; unit < first + blocks.SizeAt(first); ++unit) {
        weight.push_back(scaled(layer.weight[unit * inputs + i]));
      }
    }
  }
  bias.reserve(layer.outputs);
  for (const float value : layer.bias) bias.push_back(scaled(value));

  double largest_sum = 0;
  for (size_t unit = 0; unit < layer.outputs; ++unit) {
    double sum = 0;
    for (size_t i = 0; i < inputs; ++i) {
      sum += std::abs(static_cast<double>(scaled(layer.weight[unit * inputs + i])));
    }
    largest_sum = std::max(largest_sum, sum);
  }
  input_limit = static_cast<float>(FLT_MAX / (4 * (1 + largest_sum)));
}

}  // namespace advae
