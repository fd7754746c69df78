#ifndef ADVAE_EXPERIMENTS_RUNNER_H_
#define ADVAE_EXPERIMENTS_RUNNER_H_

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/data_folder.h"
#include "experiments/detector.h"
#include "experiments/results.h"

namespace advae {

struct ExperimentOptions {
  std::vector<NamedDetector> detectors = {};
  // Each detector is trained with the seeds 1 to `seeds`; at least 1.
  int seeds = 5;
  // Trainings at a time, at least 1. The results, but the times, do not depend on it.
  int jobs = 1;
  // Significance of the verdicts, in (0, 1).
  double alpha = 0.1;
  // Share of anomalies among the training rows, as in Contaminate; unset: the data as it is.
  std::optional<double> contamination = std::nullopt;
  // Share of cells that are missing, as in WithMissingCells.
  double missing = 0;
};

// Trains the detector and compares its scores and verdicts with the labels of the test rows. Few
// rows are scored several times, to measure how fast. Errors of the fit; kInvalidArgument for
// scores that are not finite.
absl::StatusOr<RunQuality> RunOnce(const FitFunction& fit, const FitInput& input,
                                   const ExperimentData& data, double alpha);

// Trains every detector with every seed on every data set, one data set after the other. A detector
// that failed with one of the seeds has no result for the set, but one of the failures. `log` gets
// a line for each training.
ExperimentResults RunExperiment(const std::vector<DataSetFiles>& sets,
                                const ExperimentOptions& options, std::ostream& log);

}  // namespace advae

#endif  // ADVAE_EXPERIMENTS_RUNNER_H_
