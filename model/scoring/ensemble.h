#ifndef ADVAE_MODEL_SCORING_ENSEMBLE_H_
#define ADVAE_MODEL_SCORING_ENSEMBLE_H_

#include <span>
#include <vector>

#include "absl/status/status.h"
#include "model/scoring/network_weights.h"

namespace advae {

// One of the independently trained models that a version scores with.
struct EnsembleMember {
  NetworkWeights networks;
  // What the member's squared errors count in the version's score; above 0 and finite. 1 in an
  // ensemble of one, which is the paper's model.
  double weight = 1;
  // W [d, d], row-major and symmetric, of the error ||W (x - r)||^2 (FitWhitening). Empty for the
  // paper's ||x - r||^2.
  std::vector<float> whitening = {};
};

// The members of a version, in the order in which their errors are summed; one or more.
using Ensemble = std::vector<EnsembleMember>;

// kInvalidArgument when there is no member, a weight is out of range, networks or a whitening are
// not valid, or members differ in the number of features or the size of the latent space. The
// message names the member, counted from 0.
absl::Status ValidateEnsemble(const Ensemble& ensemble);

// Weights with which every member has the same share in the score of an average row, while the
// scores keep their scale: w_i = c / (M c_i), with c_i = `mean_scores[i]` and c their mean. Members
// that reconstruct rows more closely would otherwise hardly count. Without a mean score above 0 for
// each member, all have the weight 1 / M.
std::vector<double> BalancedWeights(std::span<const double> mean_scores);

}  // namespace advae

#endif  // ADVAE_MODEL_SCORING_ENSEMBLE_H_
