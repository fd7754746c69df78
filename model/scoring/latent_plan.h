#ifndef ADVAE_MODEL_SCORING_LATENT_PLAN_H_
#define ADVAE_MODEL_SCORING_LATENT_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "advae/v1/types.pb.h"

namespace advae {

// The fixed matrix of standard-normal draws eps[L][k] that a model version scores with. Sharing it
// among all rows makes a score a pure function of the row and the version.
struct LatentPlan {
  // As drawn: sampler, samples and seed are all set.
  v1::LatentPlanSpec spec;
  size_t samples = 0;         // L
  size_t latent_size = 0;     // k
  std::vector<float> points;  // row-major, size L * k

  const float* point(size_t l) const { return points.data() + l * latent_size; }
};

inline constexpr uint32_t kMaxSamples = 65536;
// Of L * k, which bounds a plan to 64 MiB.
inline constexpr size_t kMaxPlanValues = size_t{1} << 24;
inline constexpr uint32_t kDefaultSobolSamples = 64;
inline constexpr uint32_t kDefaultMonteCarloSamples = 1000;

// Fills the unset fields of `spec` with their documented defaults. An unset seed is derived from
// `default_seed`, the seed of the training or import, in a way that makes the plan independent of
// generators which are seeded with `default_seed` itself. kInvalidArgument when the number of
// samples is out of range or the sampler is unknown.
absl::StatusOr<v1::LatentPlanSpec> ResolveLatentPlanSpec(v1::LatentPlanSpec spec,
                                                         uint64_t default_seed);

// kInvalidArgument when latent_size is 0 or samples * latent_size exceeds kMaxPlanValues.
absl::Status CheckPlanSize(size_t samples, size_t latent_size);

// Draws a plan. The same arguments give the same points, bit for bit, with every compiler.
//
// Uniform bits from the standard 64-bit Mersenne Twister, or Sobol points randomised by a digital
// shift, go through the inverse normal CDF; Sobol dimensions beyond those that Boost has direction
// numbers for (3,667) are drawn independently. From two samples on each dimension is then moved and
// scaled to mean 0 and variance 1 (moment matching): all rows share the plan, so that its own mean
// would shift all scores alike. On the paper's data sets that makes the error of scores two to ten
// times smaller.
//
// Errors as in ResolveLatentPlanSpec and CheckPlanSize, which it calls.
absl::StatusOr<LatentPlan> DrawLatentPlan(const v1::LatentPlanSpec& spec, size_t latent_size,
                                          uint64_t default_seed);

}  // namespace advae

#endif  // ADVAE_MODEL_SCORING_LATENT_PLAN_H_
