#ifndef ADVAE_MODEL_FITTING_USUAL_ROWS_H_
#define ADVAE_MODEL_FITTING_USUAL_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "model/data/matrix.h"
#include "model/scoring/scaler.h"

namespace advae {

struct UsualRowsOptions {
  double contamination = 0;  // share of the rows that may be anomalous, in [0, 0.5)
  uint64_t seed = 1;         // of the rows that all are compared with, when there are many
  int threads = 1;           // at least 1; they change no bit of the result
  MissingRule missing = MissingRule::kRefused;
};

// How many of `rows` rows are left out: three times the contamination, as the ranking puts only
// some of the anomalies first, but at most half of the rows, and never so many that fewer than two
// are left.
size_t CountOfLeftOutRows(size_t rows, double contamination);

// The indices, ascending, of the rows that are left when the least usual are left out.
//
// A row is the less usual, the larger its mean distance to its k nearest others is, in robust range
// scaling, with k at least 20 and twice the contamination: anomalies that lie together, which are
// near to each other, are fewer than that. A row's distance, standardised as a part of a score is
// (PartScale), counts half; the other half is the mean of that of its ten nearest others, which
// makes the whole of a group suspicious that is so in part. Rows are compared with 2,048 of them,
// drawn at random, when there are more.
//
// kInvalidArgument when there are no rows, one is not finite, but for missing values that are
// passed over, or there is no thread. O(m d) beyond 2,048 rows.
absl::StatusOr<std::vector<uint32_t>> FindUsualRows(MatrixView rows,
                                                    const UsualRowsOptions& options);

}  // namespace advae

#endif  // ADVAE_MODEL_FITTING_USUAL_ROWS_H_
