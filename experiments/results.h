#ifndef ADVAE_EXPERIMENTS_RESULTS_H_
#define ADVAE_EXPERIMENTS_RESULTS_H_

#include <array>
#include <nlohmann/json.hpp>
#include <span>

#include "absl/status/status.h"
#include "model/data/evaluation.h"

namespace advae {

using Json = nlohmann::ordered_json;

// Significances at which the share of false alarms is compared with what alpha promises.
inline constexpr std::array kCalibrationAlphas = {0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5};

// How one training of a detector did on the test rows.
struct RunQuality {
  RankingQuality ranking = {};
  VerdictQuality verdicts = {};  // at the threshold for the experiment's alpha
  double train_seconds = 0;      // wall clock, from the rows to the threshold
  // Share of the normal test rows with p <= alpha, for each of kCalibrationAlphas.
  std::array<double, kCalibrationAlphas.size()> alarm_shares = {};
};

// {mean, std}: the sample standard deviation, which is 0 for a single value. `values` is not empty.
Json MeanAndDeviation(std::span<const double> values);

// {average_precision, roc_auc, recall, precision, f1, false_alarm_rate, train_seconds,
// calibration: {ALPHA: ...}}, each {mean, std} over the runs, of which there is at least one.
Json DetectorRecord(std::span<const RunQuality> runs);

// Sets `results["mean"]`, {DETECTOR: mean average precision over the sets}, from `results["sets"]`.
// A detector that lacks one of the sets has no mean, which could not be compared.
void UpdateMeans(Json& results);

// Adds the sets and detectors of `other` to `results`; a detector that both have on a set is taken
// from `other`. kInvalidArgument when `other` is not of the form that `advae-experiment` prints.
absl::Status MergeResults(Json& results, const Json& other);

}  // namespace advae

#endif  // ADVAE_EXPERIMENTS_RESULTS_H_
