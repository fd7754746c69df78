#ifndef ADVAE_EXPERIMENTS_BASELINES_WGAN_GP_H_
#define ADVAE_EXPERIMENTS_BASELINES_WGAN_GP_H_

#include "absl/status/statusor.h"
#include "experiments/detector.h"

namespace advae {

// A Wasserstein GAN with gradient penalty (Gulrajani et al. 2017, arXiv:1704.00028, Algorithm 1).
// The critic f, which is high for real rows, minimises
//
//   L_f = E[f(G(z))] - E[f(x)] + 10 E[(||grad f(u)||_2 - 1)^2]      (Eq. 3)
//
// where u lies on the line from a real to a generated row, at a place that is drawn uniformly;
// after every fifth of its steps the generator takes one of L_G = -E[f(G(z))]. Both use Adam with
// the step size 0.0001, beta_1 = 0 and beta_2 = 0.9. The score of a row is -f(x), plus a constant,
// which L_f leaves open. Errors of FitDiscriminator.
absl::StatusOr<FittedDetector> FitWganGp(const FitInput& input);

}  // namespace advae

#endif  // ADVAE_EXPERIMENTS_BASELINES_WGAN_GP_H_
