// The distribution of m training scores. Argument: m.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <random>
#include <vector>

#include "model/distribution/score_distribution.h"

namespace advae {
namespace {

// Positive and skewed, as scores are.
std::vector<double> SkewedScores(size_t count) {
  std::mt19937 random(1);
  std::lognormal_distribution<double> lognormal(-1, 0.7);
  std::vector<double> scores(count);
  for (double& score : scores) score = lognormal(random);
  return scores;
}

void BM_Fit(benchmark::State& state) {
  const std::vector<double> scores = SkewedScores(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(ScoreDistribution::Fit(scores));
}
BENCHMARK(BM_Fit)->Arg(1000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void BM_PValue(benchmark::State& state) {
  const ScoreDistribution distribution = *ScoreDistribution::Fit(SkewedScores(state.range(0)));
  const std::vector<double> probes = SkewedScores(4096);
  size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(distribution.PValue(probes[i++ % probes.size()]));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_PValue)->Arg(1000)->Arg(1'000'000);

void BM_Threshold(benchmark::State& state) {
  const ScoreDistribution distribution = *ScoreDistribution::Fit(SkewedScores(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(distribution.Threshold(0.1));
}
BENCHMARK(BM_Threshold)->Arg(1000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void BM_Curve(benchmark::State& state) {
  const ScoreDistribution distribution = *ScoreDistribution::Fit(SkewedScores(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(distribution.Curve(10'000));
}
BENCHMARK(BM_Curve)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace advae
