#ifndef ADVAE_MODEL_SCORING_MISSING_VALUES_H_
#define ADVAE_MODEL_SCORING_MISSING_VALUES_H_

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "model/data/matrix.h"

namespace advae {

// How a version scores rows of d features in which values are missing, each a NaN.
//
// Before the networks, another value stands in for a missing one; it has no part in the error,
// which grows by d over the number of features that are there. Distances are over the features that
// both rows have, and grow alike. The last features may be marks, which tell the networks where
// values are missing and have no part in distances. A value that is missing where none was in
// training counts in the networks' error as if it were off by its whole training range.
struct MissingValues {
  // [d], in the units of rows: what stands in for a missing value.
  std::vector<float> imputed;
  // [d]: the features whose values were never missing in training.
  std::vector<bool> unusual;
  size_t marks = 0;

  // With the median of each feature's values in `rows` [n, d], or 0 where it has none. `unusual`
  // has size d, and `marks` is below d.
  static MissingValues Fit(MatrixView rows, std::vector<bool> unusual, size_t marks);

  // kInvalidArgument when sizes do not fit `features`, or a value is not finite.
  absl::Status Validate(size_t features) const;
};

}  // namespace advae

#endif  // ADVAE_MODEL_SCORING_MISSING_VALUES_H_
