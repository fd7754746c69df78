#ifndef ADVAE_EXPERIMENTS_CONTAMINATION_H_
#define ADVAE_EXPERIMENTS_CONTAMINATION_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "experiments/data_folder.h"

namespace advae {

// The data set with anomalies among its training rows: `share` of these, in [0, 0.5].
//
// Half of the test file's anomalies, drawn with `seed`, leave the test rows, whatever the share, so
// that all shares of one seed are tested on the same rows. As many of them as the share asks for
// are added to the training rows, each at most once; when it asks for more than there are, all of
// them, and `contamination` of the result is less than `share`. The data set has at least two
// anomalies: kInvalidArgument otherwise.
absl::StatusOr<ExperimentData> Contaminate(const ExperimentData& data, double share, uint64_t seed);

}  // namespace advae

#endif  // ADVAE_EXPERIMENTS_CONTAMINATION_H_
