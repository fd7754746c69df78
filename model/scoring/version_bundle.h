#ifndef ADVAE_MODEL_SCORING_VERSION_BUNDLE_H_
#define ADVAE_MODEL_SCORING_VERSION_BUNDLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "advae/v1/types.pb.h"
#include "model/data/matrix.h"
#include "model/scoring/ensemble.h"
#include "model/scoring/latent_plan.h"
#include "model/scoring/member_combination.h"
#include "model/scoring/scaler.h"

namespace advae {

// Everything that makes a model version, published as one atomic unit.
struct VersionBundle {
  // Metadata. `version` is 0 until the bundle is published.
  v1::VersionInfo info;
  Ensemble ensemble;
  MinMaxScaler scaler;
  LatentPlan plan;
  // Of the training rows, in their order; size m. See CombineMembers.
  std::vector<double> training_scores;
};

struct BundleOptions {
  std::string model;
  // One unique name a column; empty for "x0", "x1", ...
  std::vector<std::string> feature_names = {};
  v1::LatentPlanSpec latent_plan = {};
  uint64_t seed = 1;
  double alpha = 0.1;
  // Of the training rows, those with the highest scores, which are left out of the distribution
  // that thresholds come from. In [0, 0.5].
  double trimmed_share = 0;
  // Threads that score the training rows, at least 1.
  int threads = 1;
};

// Makes a bundle from networks and the rows they were trained on: draws the plan, chooses the error
// metric, balances the members (CombineMembers), and learns the first threshold from the training
// scores. Fills all of `info` but version, origin, create time, hyper-parameters, final losses and
// training duration.
//
// kInvalidArgument when rows, names, members, plan or alpha are not valid or do not fit each other.
absl::StatusOr<VersionBundle> BuildBundle(const BundleOptions& options, MatrixView training_rows,
                                          const TrainedMembers& members, MinMaxScaler scaler);

// "x0", "x1", ..., the names of columns that have none.
std::vector<std::string> DefaultFeatureNames(size_t columns);

// kInvalidArgument unless `names` has `columns` unique, non-empty names of at most 256 bytes of
// valid UTF-8.
absl::Status ValidateFeatureNames(const std::vector<std::string>& names, size_t columns);

}  // namespace advae

#endif  // ADVAE_MODEL_SCORING_VERSION_BUNDLE_H_
