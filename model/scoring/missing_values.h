#ifndef ADVAE_MODEL_SCORING_MISSING_VALUES_H_
#define ADVAE_MODEL_SCORING_MISSING_VALUES_H_

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "model/data/matrix.h"

namespace advae {

// How a version scores rows of d features in which values are missing, each a NaN.
//
// A version with a memory takes them from the remembered row that is nearest by the features that
// are there, and then scores the row as if it had them: they are what a usual row has, and add
// little. A value that is missing where none was in training adds to the networks' error as much as
// a median training row has in all, which makes the row a little more suspicious.
//
// Without a memory, the median stands in for a missing value before the networks; it has no part in
// their error, which grows by d over the number of features that are there. A value that is missing
// where none was in training counts as if it were off by its whole training range.
//
// The last features may be marks, which tell the networks where values are missing and have no part
// in distances.
struct MissingValues {
  // [d], in the units of rows: what stands in for a missing value, with a memory only in rows
  // without any value.
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
