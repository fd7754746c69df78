// Rows scored a second by one thread. Arguments: d, h, k, L, rows in the batch. The shapes are
// those of the models in the paper (pen, letter, optical) and of the defaults of training (h =
// 128).

#include <benchmark/benchmark.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "model/scoring/latent_plan.h"
#include "model/scoring/scaler.h"
#include "model/scoring/scorer.h"
#include "tests/testing/random_model.h"

namespace advae {
namespace {

void BM_Score(benchmark::State& state) {
  const size_t d = state.range(0);
  const size_t h = state.range(1);
  const size_t k = state.range(2);
  const size_t batch = state.range(4);
  v1::LatentPlanSpec spec;
  spec.set_samples(static_cast<uint32_t>(state.range(3)));
  const Matrix rows = testing::RandomRows(batch, d, /*seed=*/1);
  const std::unique_ptr<const Scorer> scorer = *Scorer::Create(
      {{.networks = testing::RandomWeights({d, h, h, k, h, h}, /*seed=*/2)}},
      *MinMaxScaler::FromRanges(std::vector<float>(d, -1), std::vector<float>(d, 1)),
      *DrawLatentPlan(spec, k, /*default_seed=*/1));
  std::vector<double> scores(batch);
  ScoringMemory memory;
  for (auto _ : state) {
    scorer->Score(rows.view(), scores, {}, memory);
    benchmark::DoNotOptimize(scores.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(batch));
}
BENCHMARK(BM_Score)
    ->ArgNames({"d", "h", "k", "L", "rows"})
    ->ArgsProduct({{16}, {8}, {5}, {64, 1000}, {256}})
    ->ArgsProduct({{32}, {16}, {11}, {64, 256, 1000}, {1, 256}})
    ->ArgsProduct({{64}, {32}, {16}, {64, 1000}, {256}})
    ->ArgsProduct({{32}, {128}, {11}, {64, 1000}, {256}})
    ->ArgsProduct({{500}, {128}, {64}, {64}, {16}});

void BM_DrawLatentPlan(benchmark::State& state) {
  v1::LatentPlanSpec spec;
  spec.set_samples(static_cast<uint32_t>(state.range(0)));
  const size_t k = state.range(1);
  for (auto _ : state) benchmark::DoNotOptimize(DrawLatentPlan(spec, k, /*default_seed=*/1));
}
BENCHMARK(BM_DrawLatentPlan)->ArgNames({"L", "k"})->Args({64, 11})->Args({65536, 64});

}  // namespace
}  // namespace advae
