#ifndef ADVAE_EXPERIMENTS_BASELINES_MO_GAAL_H_
#define ADVAE_EXPERIMENTS_BASELINES_MO_GAAL_H_

#include "absl/status/statusor.h"
#include "experiments/detector.h"

namespace advae {

// Multiple-objective generative adversarial active learning (Liu et al. 2019, arXiv:1809.10816,
// section 4): k = 10 generators make potential outliers all around the data, from which the
// discriminator D, the probability that a row is real, learns to tell real rows. D minimises
//
//   L_D = -E[log D(x)] - E[log(1 - D(G_i(z)))]
//
// over as many generated as real rows, of which generator i = 0 to k - 1 makes a share proportional
// to k - i; and generator i brings D's value of its rows close to a target of its own,
//
//   L_i = -E[T_i log D(G_i(z)) + (1 - T_i) log(1 - D(G_i(z)))]
//
// with T_i the (i / k)-quantile of D over real rows, here those of the mini-batch. The generators,
// which map z ~ U(0, 1)^d to d features by two layers that start as the identity, learn during the
// first third of the mini-batches, after which D alone does. Steps are those of the authors'
// program: gradient descent with momentum 0.9, of size 0.01 for D and 0.0001 for the generators.
// The score of a row is -log D(x), which orders rows as the paper's 1 - D(x). Errors of
// FitDiscriminator.
absl::StatusOr<FittedDetector> FitMoGaal(const FitInput& input);

}  // namespace advae

#endif  // ADVAE_EXPERIMENTS_BASELINES_MO_GAAL_H_
