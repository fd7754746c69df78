#include "tests/bench/score_command.h"

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "model/data/data_set.h"
#include "model/scoring/file_io.h"
#include "model/scoring/latent_plan.h"
#include "model/scoring/safetensors.h"
#include "model/scoring/scorer.h"
#include "model/scoring/weight_import.h"

namespace advae {
namespace {

constexpr uint32_t kConvergedSamples = 16384;
constexpr uint64_t kConvergedSeed = 4711;
constexpr uint64_t kSeed = 1;
// Rows that a thread scores at a time, as a batch of the server.
constexpr size_t kBatchRows = 64;

absl::StatusOr<TensorMap> ReadTensors(const std::string& path) {
  absl::StatusOr<std::string> bytes = ReadFile(path);
  if (!bytes.ok()) return bytes.status();
  return ParseSafetensors(*bytes);
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

std::vector<double> Scores(const Scorer& scorer, const Matrix& rows) {
  std::vector<double> scores(rows.rows());
  scorer.Score(rows.view(), scores);
  return scores;
}

double RmsRelativeError(const std::vector<double>& scores, const std::vector<double>& expected) {
  double sum = 0;
  for (size_t i = 0; i < scores.size(); ++i) sum += std::pow(scores[i] / expected[i] - 1, 2);
  return std::sqrt(sum / static_cast<double>(scores.size()));
}

// Rows a second of `threads` threads that score all of `rows` again and again.
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

absl::StatusOr<v1::Sampler> ParseSampler(const std::string& name) {
  if (name == "sobol") return v1::SAMPLER_SOBOL;
  if (name == "monte_carlo") return v1::SAMPLER_MONTE_CARLO;
  return absl::InvalidArgumentError(
      absl::StrCat("sampler is '", name, "'; expected sobol or monte_carlo"));
}

absl::StatusOr<InstructionSet> ParseTarget(const std::string& name) {
  std::string names;
  for (const InstructionSet set : SupportedInstructionSets()) {
    if (name.empty() || name == InstructionSetName(set)) return set;
    absl::StrAppend(&names, " ", std::string(InstructionSetName(set)));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("target is '", name, "'; this processor can do:", names));
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

absl::Status RunScore(const ScoreOptions& options) {
  const absl::StatusOr<v1::Sampler> sampler = ParseSampler(options.sampler);
  if (!sampler.ok()) return sampler.status();
  const absl::StatusOr<InstructionSet> target = ParseTarget(options.target);
  if (!target.ok()) return target.status();
  const absl::StatusOr<BenchModel> model =
      ReadBenchModel(options.encoder, options.generator, options.data, options.rows);
  if (!model.ok()) return model.status();
  const auto scorer = MakeScorer(*model, *sampler, options.samples, kSeed, *target);
  if (!scorer.ok()) return scorer.status();
  const auto converged =
      MakeScorer(*model, v1::SAMPLER_SOBOL, kConvergedSamples, kConvergedSeed, *target);
  if (!converged.ok()) return converged.status();

  const double error =
      RmsRelativeError(Scores(**scorer, model->rows), Scores(**converged, model->rows));
  const double rate = MeasureRate(**scorer, model->rows, options.threads, options.seconds);
  std::printf("%s\n",
              absl::StrFormat(R"({"sampler": "%s", "samples": %d, "threads": %d, "target": "%s", )"
                              R"("rows_per_second": %.0f, "rms_relative_error": %.6f})",
                              options.sampler, options.samples, options.threads,
                              std::string(InstructionSetName(*target)), rate, error)
                  .c_str());
  return absl::OkStatus();
}

absl::Status RunPlans(const std::string& reference, const std::string& datasets, int seeds) {
  const InstructionSet set = SupportedInstructionSets().front();
  const std::vector<std::string> names = {"letter", "cardio", "satellite", "optical", "pen"};
  std::vector<BenchModel> models;
  std::vector<std::vector<double>> converged;
  std::printf("| plan |");
  for (const std::string& name : names) {
    const std::string folder = absl::StrCat(reference, "/", name, "/");
    absl::StatusOr<BenchModel> model =
        ReadBenchModel(folder + "encoder.safetensors", folder + "generator.safetensors",
                       absl::StrCat(datasets, "/", name, ".train.csv"),
                       absl::StrCat(datasets, "/", name, ".test.csv"));
    if (!model.ok()) return model.status();
    const auto scorer =
        MakeScorer(*model, v1::SAMPLER_SOBOL, kConvergedSamples, kConvergedSeed, set);
    if (!scorer.ok()) return scorer.status();
    converged.push_back(Scores(**scorer, model->rows));
    models.push_back(*std::move(model));
    std::printf(" %s |", name.c_str());
  }
  std::printf("\n|---|---|---|---|---|---|\n");
  for (const auto& [sampler, name] :
       {std::pair(v1::SAMPLER_MONTE_CARLO, "monte_carlo"), std::pair(v1::SAMPLER_SOBOL, "sobol")}) {
    for (uint32_t samples = 16; samples <= 4096; samples *= 2) {
      std::printf("| %s %u |", name, samples);
      for (size_t m = 0; m < models.size(); ++m) {
        double sum = 0;
        for (int seed = 1; seed <= seeds; ++seed) {
          const auto scorer = MakeScorer(models[m], sampler, samples, seed, set);
          if (!scorer.ok()) return scorer.status();
          sum += RmsRelativeError(Scores(**scorer, models[m].rows), converged[m]);
        }
        std::printf(" %.3f %% |", 100 * sum / seeds);
        std::fflush(stdout);
      }
      std::printf("\n");
    }
  }
  return absl::OkStatus();
}

}  // namespace advae
