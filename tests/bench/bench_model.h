#ifndef ADVAE_TESTS_BENCH_BENCH_MODEL_H_
#define ADVAE_TESTS_BENCH_BENCH_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "advae/v1/types.pb.h"
#include "model/data/matrix.h"
#include "model/scoring/network_weights.h"
#include "model/scoring/scaler.h"
#include "model/scoring/scorer.h"

namespace advae {

// A model, and rows to score with it.
struct BenchModel {
  NetworkWeights weights;
  MinMaxScaler scaler;
  Matrix rows;
};

// Weights from safetensors files, the scaler from the rows of one CSV file, the rows to score from
// another. A column "label" of either is left out.
absl::StatusOr<BenchModel> ReadBenchModel(const std::string& encoder, const std::string& generator,
                                          const std::string& data, const std::string& rows);
// The reference model `name`: DATA/reference/NAME/{encoder,generator}.safetensors with
// DATA/datasets/NAME.{train,test}.csv.
absl::StatusOr<BenchModel> ReadReferenceModel(const std::string& data, const std::string& name);
// Random weights, and random rows.
BenchModel RandomBenchModel(size_t features, size_t hidden, size_t latent, size_t rows);

// Errors as in DrawLatentPlan and Scorer::Create.
absl::StatusOr<std::unique_ptr<const Scorer>> MakeScorer(const BenchModel& model,
                                                         v1::Sampler sampler, uint32_t samples,
                                                         uint64_t seed, InstructionSet set);

std::vector<double> Scores(const Scorer& scorer, const Matrix& rows);
// With a plan of 16,384 Sobol points.
absl::StatusOr<std::vector<double>> ConvergedScores(const BenchModel& model, InstructionSet set);

// Rows a second of `threads` threads that score all of `rows` again and again, 64 at a time.
double MeasureRate(const Scorer& scorer, const Matrix& rows, int threads, double seconds);

}  // namespace advae

#endif  // ADVAE_TESTS_BENCH_BENCH_MODEL_H_
