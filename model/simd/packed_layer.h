#ifndef ADVAE_MODEL_SIMD_PACKED_LAYER_H_
#define ADVAE_MODEL_SIMD_PACKED_LAYER_H_

#include <algorithm>
#include <cstddef>
#include <vector>

#include "model/simd/dense_layer.h"

namespace advae {

// How items are shared out to blocks: as few blocks as there can be of at most `max_block` items
// each, and those as even as can be, the larger ones first.
class EvenBlocks {
 public:
  // Both at least 1.
  EvenBlocks(size_t items, size_t max_block) : items_(items) {
    const size_t blocks = (items + max_block - 1) / max_block;
    small_ = items / blocks;
    first_small_ = items % blocks * (small_ + 1);
  }

  size_t items() const { return items_; }
  // Size of the block that begins with item `first`.
  size_t SizeAt(size_t first) const { return first < first_small_ ? small_ + 1 : small_; }

 private:
  size_t items_;
  size_t small_;        // items of a smaller block; the larger ones have one more
  size_t first_small_;  // first item of the first smaller block
};

// A layer y = W x + b in the order in which a kernel reads it: block after block, the weights of
// input 0 to all units of the block, then those of input 1, and so on. The block that begins at
// unit i has its weights at weight[i * inputs].
struct PackedLayer {
  // Multiplies weights and bias by `scale`; results beyond the range of floats become its ends.
  PackedLayer(const DenseLayer& layer, size_t max_block_units, float scale = 1);

  size_t inputs;
  EvenBlocks blocks;          // of units
  std::vector<float> weight;  // size units * inputs
  std::vector<float> bias;    // size units
  // With inputs of at most this magnitude every sum stays finite. Far beyond sane activations
  // unless the weights themselves are near the end of the range of floats.
  float input_limit;
};

}  // namespace advae

#endif  // ADVAE_MODEL_SIMD_PACKED_LAYER_H_
