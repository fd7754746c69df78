#include "tests/bench/bench_model.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/base/file_io.h"
#include "model/data/data_set.h"
#include "model/repository/network_tensors.h"
#include "model/repository/safetensors.h"
#include "tests/testing/random_model.h"

namespace advae {
namespace {

constexpr uint32_t kConvergedSamples = 16384;
constexpr uint64_t kConvergedSeed = 4711;
// Rows that a thread scores at a time, as a batch of the server.
constexpr size_t kBatchRows = 64;

absl::StatusOr<TensorMap> ReadTensors(const std::string& path) {
  absl::StatusOr<std::string> bytes = ReadFile(path);
  if (!bytes.ok()) return bytes.status();
  return ParseSafetensors(*bytes);
}

}  // namespace

absl::StatusOr<BenchModel> ReadBenchModel(const std::string& encoder, const std::string& generator,
                                          const std::string& data, const std::string& rows) {
  const absl::StatusOr<TensorMap> encoder_tensors = ReadTensors(encoder);
  if (!encoder_tensors.ok()) return encoder_tensors.status();
  const absl::StatusOr<TensorMap> generator_tensors = ReadTensors(generator);
  if (!generator_tensors.ok()) return generator_tensors.status();
  absl::StatusOr<NetworkWeights> weights = WeightsFromTensors(*encoder_tensors, *generator_tensors);
  if (!weights.ok()) return weights.status();
  const DataSetOptions options{.label_column = "label", .label_optional = true};
  const absl::StatusOr<DataSet> train = ReadDataSet(data, options);
  if (!train.ok()) return train.status();
  absl::StatusOr<MinMaxScaler> scaler = MinMaxScaler::Fit(train->rows.view());
  if (!scaler.ok()) return scaler.status();
  absl::StatusOr<DataSet> test = ReadDataSet(rows, options);
  if (!test.ok()) return test.status();
  if (test->rows.columns != scaler->columns()) {
    return absl::InvalidArgumentError(
        absl::StrCat(rows, " has ", test->rows.columns, " columns; expected ", scaler->columns()));
  }
  return BenchModel{*std::move(weights), *std::move(scaler), std::move(test->rows)};
}

absl::StatusOr<BenchModel> ReadReferenceModel(const std::string& data, const std::string& name) {
  const std::string model = absl::StrCat(data, "/reference/", name, "/");
  const std::string rows = absl::StrCat(data, "/datasets/", name);
  return ReadBenchModel(model + "encoder.safetensors", model + "generator.safetensors",
                        rows + ".train.csv", rows + ".test.csv");
}

BenchModel RandomBenchModel(size_t features, size_t hidden, size_t latent, size_t rows) {
  return {
      testing::RandomWeights({features, hidden, hidden, latent, hidden, hidden}, /*seed=*/2),
      *MinMaxScaler::FromRanges(std::vector<float>(features, -1), std::vector<float>(features, 1)),
      testing::RandomRows(rows, features, /*seed=*/1)};
}

absl::StatusOr<std::unique_ptr<const Scorer>> MakeScorer(const BenchModel& model,
                                                         v1::Sampler sampler, uint32_t samples,
                                                         uint64_t seed, InstructionSet set) {
  v1::LatentPlanSpec spec;
  spec.set_sampler(sampler);
  spec.set_samples(samples);
  absl::StatusOr<LatentPlan> plan = DrawLatentPlan(spec, model.weights.latent_size(), seed);
  if (!plan.ok()) return plan.status();
  return Scorer::Create({{.networks = model.weights}}, model.scaler, *plan, set);
}

absl::StatusOr<std::vector<double>> ConvergedScores(const BenchModel& model, InstructionSet set) {
  const auto scorer = MakeScorer(model, v1::SAMPLER_SOBOL, kConvergedSamples, kConvergedSeed, set);
  if (!scorer.ok()) return scorer.status();
  return Scores(**scorer, model.rows);
}

std::vector<double> Scores(const Scorer& scorer, const Matrix& rows) {
  std::vector<double> scores(rows.rows());
  scorer.Score(rows.view(), scores);
  return scores;
}

double MeasureRate(const Scorer& scorer, const Matrix& rows, int threads, double seconds) {
  using Clock = std::chrono::steady_clock;
  std::atomic<uint64_t> scored = 0;
  const auto start = Clock::now();
  const auto end =
      start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  std::vector<std::jthread> pool;
  for (int t = 0; t < threads; ++t) {
    pool.emplace_back([&] {
      ScoringMemory memory;
      std::vector<double> scores(kBatchRows);
      uint64_t mine = 0;
      for (size_t first = 0; Clock::now() < end;) {
        const size_t count = std::min(kBatchRows, rows.rows() - first);
        scorer.Score(rows.view().Slice(first, count), {scores.data(), count}, {}, memory);
        mine += count;
        first = first + count < rows.rows() ? first + count : 0;
      }
      scored += mine;
    });
  }
  pool.clear();  // joins
  const std::chrono::duration<double> taken = Clock::now() - start;
  return static_cast<double>(scored.load()) / taken.count();
}

}  // namespace advae
