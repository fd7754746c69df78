#ifndef ADVAE_MODEL_SIMD_SIMD_TARGETS_H_
#define ADVAE_MODEL_SIMD_SIMD_TARGETS_H_

// Before any header of Highway: the SIMD targets that nothing here is compiled for. The scoring
// kernel keeps vectors in arrays, which targets of unknown vector length do not allow; SSSE3 and
// AVX3_DL would gain nothing over their neighbours.
#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

#endif  // ADVAE_MODEL_SIMD_SIMD_TARGETS_H_
