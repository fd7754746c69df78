#ifndef ADVAE_MODEL_SIMD_ALIGNED_FLOATS_H_
#define ADVAE_MODEL_SIMD_ALIGNED_FLOATS_H_

#include <boost/align/aligned_allocator.hpp>
#include <vector>

namespace advae {

// Floats that begin at a cache line, for vectors of any SIMD target.
using AlignedFloats = std::vector<float, boost::alignment::aligned_allocator<float, 64>>;

}  // namespace advae

#endif  // ADVAE_MODEL_SIMD_ALIGNED_FLOATS_H_
