#ifndef ADVAE_TESTS_BENCH_SCORE_COMMAND_H_
#define ADVAE_TESTS_BENCH_SCORE_COMMAND_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/data/matrix.h"
#include "model/scoring/network_weights.h"
#include "model/scoring/scaler.h"

namespace advae {

// A model from files, and rows to score with it.
struct BenchModel {
  NetworkWeights weights;
  MinMaxScaler scaler;
  Matrix rows;
};

// Weights from safetensors files, the scaler from the rows of one CSV file, the rows to score from
// another. A column "label" of either is left out.
absl::StatusOr<BenchModel> ReadBenchModel(const std::string& encoder, const std::string& generator,
                                          const std::string& data, const std::string& rows);

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

// Prints, as a Markdown table, the root mean square relative error of the scores of the models in
// the folder `reference` (NAME/{encoder,generator}.safetensors, with NAME.{train,test}.csv in
// `datasets`), by sampler and number of samples: means over `seeds` plans.
absl::Status RunPlans(const std::string& reference, const std::string& datasets, int seeds);

}  // namespace advae

#endif  // ADVAE_TESTS_BENCH_SCORE_COMMAND_H_
