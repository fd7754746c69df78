#ifndef ADVAE_EXPERIMENTS_CONTAMINATION_H_
#define ADVAE_EXPERIMENTS_CONTAMINATION_H_

#include <cstdint>

#include "experiments/data_folder.h"

namespace advae {

// The data set with anomalies among its training rows: `share` of them, in [0, 0.5].
//
// Half of the test file's anomalies, drawn with `seed`, leave the test rows, whatever the share, so
// that all shares of one seed are tested on the same rows. Added to the training rows are as many
// of them as the share asks for, taken in turn; when it asks for more than there are, each one is
// added several times. The data set has at least two anomalies: kInvalidArgument otherwise.
absl::StatusOr<ExperimentData> Contaminate(const ExperimentData& data, double share, uint64_t seed);

}  // namespace advae

#endif  // ADVAE_EXPERIMENTS_CONTAMINATION_H_
