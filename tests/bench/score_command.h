#ifndef ADVAE_TESTS_BENCH_SCORE_COMMAND_H_
#define ADVAE_TESTS_BENCH_SCORE_COMMAND_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace advae {

struct ScoreOptions {
  std::string encoder;
  std::string generator;
  std::string data;
  std::string rows;
  std::string sampler = "sobol";
  uint32_t samples = 64;
  int threads = 1;
  double seconds = 2;
  std::string target;  // empty: the fastest
};

// Scores the rows again and again and prints one line of JSON: sampler, samples, threads, target,
// rows_per_second (of all threads together) and rms_relative_error (of the scores, against those
// with a plan of 16,384 Sobol points).
absl::Status RunScore(const ScoreOptions& options);

}  // namespace advae

#endif  // ADVAE_TESTS_BENCH_SCORE_COMMAND_H_
