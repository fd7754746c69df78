#ifndef ADVAE_TESTS_MODEL_TRAINING_REFERENCE_SCORER_H_
#define ADVAE_TESTS_MODEL_TRAINING_REFERENCE_SCORER_H_

#include <vector>

#include "absl/status/statusor.h"
#include "model/data/matrix.h"
#include "model/scoring/latent_plan.h"
#include "model/scoring/network_weights.h"
#include "model/scoring/scaler.h"

namespace advae {

// The scores of `rows` (in the units of the training rows) as LibTorch computes them in double
// precision, straight from the definition (Wang et al. 2019, Eq. 11-12):
//
//   s = || x - (1/L) sum_l G(mu + sigma * eps_l) ||^2,  (mu, log sigma^2) = E(x)
//
// Tests compare the scorer that serves with it; it is no faster than it is clear. Memory use is
// bounded whatever the number of rows.
//
// kInvalidArgument when the sizes of weights, scaler, plan and rows do not agree;
// kResourceExhausted when memory runs out.
absl::StatusOr<std::vector<double>> ReferenceScores(const NetworkWeights& weights,
                                                    const MinMaxScaler& scaler,
                                                    const LatentPlan& plan, MatrixView rows);

}  // namespace advae

#endif  // ADVAE_TESTS_MODEL_TRAINING_REFERENCE_SCORER_H_
