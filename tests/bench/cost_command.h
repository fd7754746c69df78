#ifndef ADVAE_TESTS_BENCH_COST_COMMAND_H_
#define ADVAE_TESTS_BENCH_COST_COMMAND_H_

#include "absl/status/status.h"

namespace advae {

// Prints lines of JSON {axis, value, seconds}: what one thread takes as the work grows.
//
//   rows       scoring 1 to 1,000,000 rows (d = 32, h = 128, k = 11, L = 64)
//   samples    scoring one row with L = 16 to 4096 (the same networks)
//   features   scoring one row of d = 8 to 2048 features (h = 128, k = 11, L = 64)
//   fit        fitting the distribution of 1,000 to 1,000,000 training scores and its threshold
//
// `quick` measures fewer and smaller values.
absl::Status RunCost(bool quick);

}  // namespace advae

#endif  // ADVAE_TESTS_BENCH_COST_COMMAND_H_
