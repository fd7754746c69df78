#ifndef ADVAE_EXPERIMENTS_DETECTOR_H_
#define ADVAE_EXPERIMENTS_DETECTOR_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/data/matrix.h"
#include "model/distribution/score_distribution.h"

namespace advae {

// A detector that has learned from training rows. Copies share their state; thread-safe.
struct FittedDetector {
  // One score a row, finite unless something is wrong; the higher, the more anomalous.
  std::function<std::vector<double>(MatrixView rows)> score;
  // Of the training rows' scores.
  std::shared_ptr<const ScoreDistribution> distribution;
};

struct FitInput {
  std::string set;  // name of the data set
  MatrixView rows;  // as read from the file, not scaled
  uint64_t seed = 1;
  // Share of the rows that are anomalies, for detectors that are told it.
  double contamination = 0;
};

// Learns from rows. The same input gives the same detector, also when several threads call it.
using FitFunction = std::function<absl::StatusOr<FittedDetector>(const FitInput& input)>;

struct NamedDetector {
  std::string name;
  FitFunction fit;
};

}  // namespace advae

#endif  // ADVAE_EXPERIMENTS_DETECTOR_H_
