#ifndef ADVAE_MODEL_FITTING_MEMBER_COMBINATION_H_
#define ADVAE_MODEL_FITTING_MEMBER_COMBINATION_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "advae/v1/types.pb.h"
#include "model/data/matrix.h"
#include "model/scoring/ensemble.h"
#include "model/scoring/latent_plan.h"
#include "model/scoring/missing_values.h"
#include "model/scoring/network_weights.h"
#include "model/scoring/scaler.h"

namespace advae {

// Networks that were trained for one version.
struct TrainedMembers {
  std::vector<NetworkWeights> networks;  // at least one
  // For each training row, in their order, the index of the one member that was not trained on it.
  // Empty when all members were trained on all rows.
  std::vector<uint32_t> held_out_from = {};
  // Set; AUTOMATIC stands for SQUARED when no rows were held out.
  v1::ErrorMetric error_metric = v1::ERROR_METRIC_SQUARED;
};

struct CombinedMembers {
  Ensemble ensemble;
  std::vector<double> training_scores;  // of the rows, in their order
};

// Makes networks that were trained on `rows` (not scaled) one ensemble: gives each member its
// whitening, if the error metric wants one, and the weight with which the members' mean scores of
// rows are the same (BalancedWeights).
//
// When rows were held out, everything but the whitenings, which are fitted to up to 10,000 rows
// that a member was trained on, is learned from each row's score by the member that has not seen
// it: networks score rows that they were trained on lower than new ones, and a threshold learned
// from such scores would call too many new rows anomalous. A training score is sum_i w_i s_i as for
// a new row, but where member i has seen the row, s_i is moved to the same quantile of its scores
// of rows that it has not seen (MapQuantiles). The score by one member alone varies more than the
// sum, and would call too few.
//
// Otherwise all rows are scored by all members, and a training score is the version's.
//
// ERROR_METRIC_AUTOMATIC chooses the metric under which the logarithms of the held-out rows' scores
// have the smaller standard deviation, as v1::ErrorMetric says: anomalies stand out most where new
// normal rows look most alike.
//
// Rows have missing values only with `missing`, as which they are scored. `threads` is at least 1.
// kInvalidArgument when members, rows, scaler, plan and missing values do not fit each other.
absl::StatusOr<CombinedMembers> CombineMembers(const TrainedMembers& members, MatrixView rows,
                                               const MinMaxScaler& scaler, const LatentPlan& plan,
                                               const std::optional<MissingValues>& missing,
                                               int threads);

}  // namespace advae

#endif  // ADVAE_MODEL_FITTING_MEMBER_COMBINATION_H_
