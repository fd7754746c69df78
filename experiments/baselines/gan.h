#ifndef ADVAE_EXPERIMENTS_BASELINES_GAN_H_
#define ADVAE_EXPERIMENTS_BASELINES_GAN_H_

#include "absl/status/statusor.h"
#include "experiments/detector.h"

namespace advae {

// A generative adversarial network (Goodfellow et al. 2014, arXiv:1406.2661). The discriminator D,
// the probability that a row is real, and the generator G take turns in minimising
//
//   L_D = -E[log D(x)] - E[log(1 - D(G(z)))]      (Eq. 1)
//   L_G = -E[log D(G(z))]                         (section 3, the form that does not saturate)
//
// with z ~ N(0, I), by Adam with the step size 0.0002 and beta_1 = 0.5. The score of a row is
// -log D(x). Errors of FitDiscriminator.
absl::StatusOr<FittedDetector> FitGan(const FitInput& input);

}  // namespace advae

#endif  // ADVAE_EXPERIMENTS_BASELINES_GAN_H_
