#ifndef ADVAE_MODEL_FITTING_BUILD_BUNDLE_H_
#define ADVAE_MODEL_FITTING_BUILD_BUNDLE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "advae/v1/types.pb.h"
#include "model/data/matrix.h"
#include "model/fitting/fit_neighborhood.h"
#include "model/fitting/member_combination.h"
#include "model/fitting/training_rows.h"
#include "model/scoring/scaler.h"
#include "model/scoring/version_bundle.h"
#include "model/table/encoding/table_encoder.h"

namespace advae {

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
  // Training rows that the version remembers (NeighborhoodOptions), at least 2; 0 for a version of
  // networks alone.
  uint32_t memory_rows = 0;
  // What the rows were encoded with, when they were a table; then a version with its schema is
  // made, and rows have missing values unless it is strict. Null for rows that were numbers.
  std::shared_ptr<const TableEncoder> encoder = nullptr;
  // Threads that score the training rows and, in TrainBundle, train members; at least 1.
  int threads = 1;
};

// How a version remembers rows, but for their marks.
NeighborhoodOptions NeighborhoodOptionsOf(const BundleOptions& options);

// Makes a bundle from networks and the rows they were trained on: draws the plan, chooses the error
// metric, balances the members (CombineMembers), remembers rows (FitNeighborhood), and learns the
// first threshold from the training scores. With a memory, the range of `scaler` may be narrower
// than that of the rows (MinMaxScaler::FitRobust): values beyond it have then no part in metric and
// balance. Fills all of `info` but version, origin, create time, hyper-parameters, final losses and
// training duration; its warnings are those about columns (ReviewColumns).
//
// kInvalidArgument when rows, names, members, plan or alpha are not valid or do not fit each other.
absl::StatusOr<VersionBundle> BuildBundle(const BundleOptions& options,
                                          const TrainingRows& training_rows,
                                          const TrainedMembers& members, MinMaxScaler scaler);
// The same for rows that TrainingRows are yet to be made of.
absl::StatusOr<VersionBundle> BuildBundle(const BundleOptions& options, MatrixView training_rows,
                                          const TrainedMembers& members, MinMaxScaler scaler);

// Adds rows that a bundle was built without: from the rows `kept` of `training_rows` alone, by
// index and ascending. They are scored as new rows are, and threshold and metadata are those of all
// rows from then on, with the alpha and trimmed_share of `options`. Networks and memory stay as
// they are. Errors as in BuildBundle.
absl::Status AddLeftOutRows(const BundleOptions& options, MatrixView training_rows,
                            std::span<const uint32_t> kept, VersionBundle& bundle);

}  // namespace advae

#endif  // ADVAE_MODEL_FITTING_BUILD_BUNDLE_H_
