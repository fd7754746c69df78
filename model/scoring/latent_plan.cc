#include "model/scoring/latent_plan.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/random/sobol.hpp>
#include <cmath>
#include <functional>
#include <random>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace advae {
namespace {

// The plan's own seed, unrelated to what else is drawn from `default_seed`: one step of SplitMix64
// (Steele et al. 2014) on the seed with a constant of the plan mixed in.
uint64_t DerivePlanSeed(uint64_t default_seed) {
  constexpr uint64_t kLatentPlanStream = 0x6c6174656e74706c;  // "latentpl"
  uint64_t z = (default_seed ^ kLatentPlanStream) + 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

// Maps 64 uniform bits through the inverse normal CDF. Of the bits 52 count: so many and a half are
// exact in a double, which is then never 0 nor 1. The result is within +-8.21.
float StandardNormal(uint64_t bits) {
  using boost::math::policies::policy;
  using boost::math::policies::promote_double;
  static const boost::math::normal_distribution<double, policy<promote_double<false>>> normal;
  const double u = (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52;
  return static_cast<float>(boost::math::quantile(normal, u));
}

// Fills columns [first, k) of `plan` with independent draws, point by point.
void FillIndependent(std::mt19937_64& random, size_t first, LatentPlan& plan) {
  for (size_t l = 0; l < plan.samples; ++l) {
    float* const point = plan.points.data() + l * plan.latent_size;
    for (size_t j = first; j < plan.latent_size; ++j) point[j] = StandardNormal(random());
  }
}

// Fills the first `dimensions` columns of `plan` with a Sobol sequence, moved by one random digital
// shift a dimension: every point stays uniform, and blocks of 2^n points stay balanced.
void FillSobol(std::mt19937_64& random, size_t dimensions, LatentPlan& plan) {
  std::vector<uint64_t> shift(dimensions);
  std::generate(shift.begin(), shift.end(), std::ref(random));
  boost::random::sobol sequence(dimensions);
  for (size_t l = 0; l < plan.samples; ++l) {
    float* const point = plan.points.data() + l * plan.latent_size;
    for (size_t j = 0; j < dimensions; ++j) {
      // Boost leaves out the sequence's first point, the origin, which the balance needs.
      const uint64_t bits = l == 0 ? 0 : sequence();
      point[j] = StandardNormal(bits ^ shift[j]);
    }
  }
}

// Moment matching: moves and scales every dimension to mean 0 and variance 1.
void MatchMoments(LatentPlan& plan) {
  const double count = static_cast<double>(plan.samples);
  const auto value = [&plan](size_t l, size_t j) -> float& {
    return plan.points[l * plan.latent_size + j];
  };
  for (size_t j = 0; j < plan.latent_size; ++j) {
    double mean = 0;
    for (size_t l = 0; l < plan.samples; ++l) mean += value(l, j) / count;
    double variance = 0;
    for (size_t l = 0; l < plan.samples; ++l) {
      variance += (value(l, j) - mean) * (value(l, j) - mean) / count;
    }
    if (variance == 0) continue;
    const double scale = 1 / std::sqrt(variance);
    for (size_t l = 0; l < plan.samples; ++l) {
      value(l, j) = static_cast<float>((value(l, j) - mean) * scale);
    }
  }
}

}  // namespace

absl::StatusOr<v1::LatentPlanSpec> ResolveLatentPlanSpec(v1::LatentPlanSpec spec,
                                                         uint64_t default_seed) {
  if (spec.sampler() == v1::SAMPLER_UNSPECIFIED) spec.set_sampler(v1::SAMPLER_SOBOL);
  const bool sobol = spec.sampler() == v1::SAMPLER_SOBOL;
  if (!sobol && spec.sampler() != v1::SAMPLER_MONTE_CARLO) {
    return absl::InvalidArgumentError(
        absl::StrCat("unknown sampler ", static_cast<int>(spec.sampler()),
                     " of the latent plan, expected SAMPLER_MONTE_CARLO (1) or SAMPLER_SOBOL (2)"));
  }
  if (!spec.has_samples()) {
    spec.set_samples(sobol ? kDefaultSobolSamples : kDefaultMonteCarloSamples);
  }
  if (spec.samples() == 0 || spec.samples() > kMaxSamples) {
    return absl::InvalidArgumentError(
        absl::StrCat("a latent plan has 1 to ", kMaxSamples, " samples, got ", spec.samples()));
  }
  if (!spec.has_seed()) spec.set_seed(DerivePlanSeed(default_seed));
  return spec;
}

absl::Status CheckPlanSize(size_t samples, size_t latent_size) {
  if (latent_size > 0 && latent_size <= kMaxPlanValues / samples) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("a latent plan has 1 to ", kMaxPlanValues,
                                                 " values (samples times latent size), got ",
                                                 samples, " samples of latent size ", latent_size));
}

absl::StatusOr<LatentPlan> DrawLatentPlan(const v1::LatentPlanSpec& spec, size_t latent_size,
                                          uint64_t default_seed) {
  absl::StatusOr<v1::LatentPlanSpec> resolved = ResolveLatentPlanSpec(spec, default_seed);
  if (!resolved.ok()) return resolved.status();
  const size_t samples = resolved->samples();
  if (absl::Status status = CheckPlanSize(samples, latent_size); !status.ok()) return status;

  LatentPlan plan{.spec = *std::move(resolved),
                  .samples = samples,
                  .latent_size = latent_size,
                  .points = std::vector<float>(samples * latent_size)};
  std::mt19937_64 random(plan.spec.seed());
  size_t sobol_dimensions = 0;
  if (plan.spec.sampler() == v1::SAMPLER_SOBOL) {
    sobol_dimensions =
        std::min<size_t>(latent_size, boost::random::default_sobol_table::max_dimension);
    FillSobol(random, sobol_dimensions, plan);
  }
  FillIndependent(random, sobol_dimensions, plan);
  MatchMoments(plan);
  return plan;
}

}  // namespace advae
