#ifndef ADVAE_TESTS_BENCH_PLANS_COMMAND_H_
#define ADVAE_TESTS_BENCH_PLANS_COMMAND_H_

#include <string>

#include "absl/status/status.h"

namespace advae {

// Prints, as a Markdown table, the root mean square relative error of the scores of the reference
// models below the folder `data`, against scores with 16,384 Sobol points: for the paper's 1,000
// random draws, then by sampler and number of samples. Each is a mean over the test rows and
// `seeds` plans.
//
// Then a line of JSON: default_samples, the smallest power of two of Sobol samples that divides the
// error of the paper's draws by at least 1.5 on every model, and its margin, the least such
// quotient.
absl::Status RunPlans(const std::string& data, int seeds);

}  // namespace advae

#endif  // ADVAE_TESTS_BENCH_PLANS_COMMAND_H_
