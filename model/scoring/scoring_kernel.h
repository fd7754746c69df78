#ifndef ADVAE_MODEL_SCORING_SCORING_KERNEL_H_
#define ADVAE_MODEL_SCORING_SCORING_KERNEL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "model/neighborhood/scoring_breaks.h"
#include "model/scoring/latent_plan.h"
#include "model/scoring/network_weights.h"
#include "model/simd/aligned_floats.h"
#include "model/simd/instruction_set.h"

namespace advae {

// Memory that a kernel grows as it needs it.
struct KernelMemory {
  AlignedFloats floats;
  std::vector<uint32_t> units;
};

// The arithmetic of scoring, fused and vectorised: from a scaled row x to its averaged
// reconstruction (Wang et al. 2019, Eq. 11),
//
//   (mu, log sigma^2) = E(x),   r = (1/L) sum_l G(mu + sigma * eps_l)
//
// Rows lie along the SIMD lanes of the encoder, samples along those of the generator. For a tile of
// samples all three layers of G, the sigmoid and the sum are done before the next tile is begun, so
// that activations stay in the first-level cache. The first layer needs no z:
// W1 (mu + sigma * eps) + b1 = (W1 mu + b1) + (W1 diag(sigma)) eps.
//
// r is a pure function of the row: the same bits whatever the other rows. It is finite, and within
// [0, 1], for every finite row and whatever the finite weights. log sigma^2 is held within +-60.
//
// Immutable and thread-safe.
class ScoringKernel {
 public:
  // For weights that are valid and a plan that fits them and has a point. `set` is one of
  // SupportedInstructionSets().
  static std::unique_ptr<const ScoringKernel> Create(const NetworkWeights& weights,
                                                     const LatentPlan& plan, InstructionSet set);
  virtual ~ScoringKernel() = default;

  // How many rows the encoder takes at a time: the best size for Reconstruct.
  virtual size_t tile_rows() const = 0;

  // `rows` and `reconstructions` are row-major, size count * d. All values of `rows` are finite.
  // `memory` is worth keeping; it grows to at most about 256 bytes * (d + 2 h + 2 k) and the
  // smaller of h and L times k floats. False when `breaks` ended it, which leaves the
  // reconstructions undefined.
  virtual bool Reconstruct(const float* rows, size_t count, float* reconstructions,
                           KernelMemory& memory, BreakCounter& breaks) const = 0;
};

}  // namespace advae

#endif  // ADVAE_MODEL_SCORING_SCORING_KERNEL_H_
