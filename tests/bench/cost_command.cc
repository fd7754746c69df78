#include "tests/bench/cost_command.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <random>
#include <vector>

#include "absl/status/statusor.h"
#include "model/distribution/score_distribution.h"
#include "tests/bench/bench_model.h"

namespace advae {
namespace {

constexpr size_t kFeatures = 32;
constexpr size_t kHidden = 128;
constexpr size_t kLatent = 11;
constexpr uint32_t kSamples = 64;
constexpr size_t kBatchRows = 64;

// Seconds that `work` takes: the least of runs that take a tenth of a second together, or of one.
double Seconds(const std::function<void()>& work) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::milliseconds(100);
  double least = INFINITY;
  do {
    const auto start = Clock::now();
    work();
    least = std::min(least, std::chrono::duration<double>(Clock::now() - start).count());
  } while (Clock::now() < end);
  return least;
}

void Print(const char* axis, size_t value, double seconds) {
  std::printf("{\"axis\": \"%s\", \"value\": %zu, \"seconds\": %.9f}\n", axis, value, seconds);
  std::fflush(stdout);
}

absl::StatusOr<double> SecondsToScore(const BenchModel& model, uint32_t samples) {
  const auto scorer =
      MakeScorer(model, v1::SAMPLER_SOBOL, samples, /*seed=*/1, SupportedInstructionSets().front());
  if (!scorer.ok()) return scorer.status();
  std::vector<double> scores(model.rows.rows());
  ScoringMemory memory;
  return Seconds([&] { (*scorer)->Score(model.rows.view(), scores, {}, memory); });
}

std::vector<double> SkewedScores(size_t count) {
  std::mt19937 random(1);
  std::lognormal_distribution<double> lognormal(-1, 0.7);
  std::vector<double> scores(count);
  for (double& score : scores) score = lognormal(random);
  return scores;
}

absl::Status RunRows(size_t most) {
  for (size_t rows = 1; rows <= most; rows *= 10) {
    const auto seconds =
        SecondsToScore(RandomBenchModel(kFeatures, kHidden, kLatent, rows), kSamples);
    if (!seconds.ok()) return seconds.status();
    Print("rows", rows, *seconds);
  }
  return absl::OkStatus();
}

absl::Status RunSamples(uint32_t most) {
  const BenchModel model = RandomBenchModel(kFeatures, kHidden, kLatent, kBatchRows);
  for (uint32_t samples = 16; samples <= most; samples *= 2) {
    const auto seconds = SecondsToScore(model, samples);
    if (!seconds.ok()) return seconds.status();
    Print("samples", samples, *seconds / kBatchRows);
  }
  return absl::OkStatus();
}

absl::Status RunFeatures(size_t most) {
  for (size_t features = 8; features <= most; features *= 2) {
    const auto seconds =
        SecondsToScore(RandomBenchModel(features, kHidden, kLatent, kBatchRows), kSamples);
    if (!seconds.ok()) return seconds.status();
    Print("features", features, *seconds / kBatchRows);
  }
  return absl::OkStatus();
}

absl::Status RunFit(size_t most) {
  for (size_t count = 1000; count <= most; count *= 10) {
    const std::vector<double> scores = SkewedScores(count);
    absl::Status status;
    const double seconds = Seconds([&] {
      const absl::StatusOr<ScoreDistribution> distribution = ScoreDistribution::Fit(scores);
      status = distribution.ok() ? distribution->Threshold(0.1).status() : distribution.status();
    });
    if (!status.ok()) return status;
    Print("fit", count, seconds);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RunCost(bool quick) {
  absl::Status status = RunRows(quick ? 10'000 : 1'000'000);
  if (status.ok()) status = RunSamples(quick ? 1024 : 4096);
  if (status.ok()) status = RunFeatures(quick ? 512 : 2048);
  if (status.ok()) status = RunFit(1'000'000);
  return status;
}

}  // namespace advae
