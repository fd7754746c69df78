#ifndef ADVAE_EXPERIMENTS_RESULTS_JSON_H_
#define ADVAE_EXPERIMENTS_RESULTS_JSON_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/results.h"

namespace advae {

// One level without contamination:
//
//   {"sets": {SET: {DETECTOR: {MEASURE: {"mean", "std"}, ...,
//                              "calibration": {ALPHA: {"mean", "std", "low", "high", "inside",
//                                                      "can_tell"}}}}},
//    "mean": {DETECTOR: mean average precision over the sets},
//    "calibration": {DETECTOR: {ALPHA: {"sets", "inside"}}},
//    "failures": [{"set", "detector", "seed", "error"}]}
//
// MEASURE is a key of kMeasures, the members of "calibration" are those of AlarmRecord and
// PromiseSummary. "failures" is left out when nothing failed. With contamination
// {"contamination": {SHARE: such an object}}, each of which has also
// "contamination_reached": {SET: SetResult::contamination}. Indented, with a line's end.
std::string ResultsToJson(const std::vector<ExperimentLevel>& levels);

// The sets of what ResultsToJson wrote of one level without contamination. Measures and members of
// "calibration" may be missing, as from earlier releases, but not the average precision; a
// significance whose members are not all there is left out. kInvalidArgument when `text` is not of
// this form.
absl::StatusOr<ExperimentResults> ResultsFromJson(const std::string& text);

}  // namespace advae

#endif  // ADVAE_EXPERIMENTS_RESULTS_JSON_H_
