#ifndef ADVAE_TESTS_BENCH_LIMIT_COMMAND_H_
#define ADVAE_TESTS_BENCH_LIMIT_COMMAND_H_

#include <optional>
#include <string>

#include "absl/status/status.h"

namespace advae {

// Prints, for each of several models at L = 1000 on one core, a line of JSON that compares the
// scoring kernel with the limit of the core:
//
//   limit time of a row = multiply-adds / (multiply-adds a second) + sigmoids / (sigmoids a second)
//
// with the two rates of core_limits.h, measured in turn with the kernel, and the counts of the
// dense networks: every unit, every sample. The kernel leaves out hidden units that are 0 for a
// whole tile of samples, which the limit does not know of: a share of more than 1 is possible.
//
// Models: letter, optical and pen of the folder `data`, when there is one, and wide ones with
// random weights. Fields: model, multiply_adds, sigmoids (each a row), target, gigaflops,
// sigmoid_ns, limit_rows_per_second, rows_per_second, share.
absl::Status RunLimit(const std::optional<std::string>& data, double seconds);

}  // namespace advae

#endif  // ADVAE_TESTS_BENCH_LIMIT_COMMAND_H_
