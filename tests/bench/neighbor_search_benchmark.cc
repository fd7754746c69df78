// Rows a second that one thread searches, of 32 features. Arguments: rows that are searched,
// neighbours, rows in the batch.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "model/data/matrix.h"
#include "model/simd/instruction_set.h"
#include "model/simd/neighbor_search.h"
#include "tests/testing/random_model.h"

namespace advae {
namespace {

constexpr size_t kColumns = 32;

void BM_NeighborSearch(benchmark::State& state) {
  const size_t k = state.range(1);
  const size_t batch = state.range(2);
  const Matrix rows = testing::RandomRows(state.range(0), kColumns, /*seed=*/1);
  const Matrix queries = testing::RandomRows(batch, kColumns, /*seed=*/2);
  const std::unique_ptr<const NeighborSearch> search = NeighborSearch::Create(
      rows.values.data(), rows.rows(), kColumns, SupportedInstructionSets().front());
  std::vector<Neighbor> neighbors(batch * k);
  NeighborSearchMemory memory;
  for (auto _ : state) {
    search->Find({.values = queries.values.data(), .count = batch}, k, neighbors.data(), memory,
                 nullptr);
    benchmark::DoNotOptimize(neighbors.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(batch));
}
BENCHMARK(BM_NeighborSearch)
    ->ArgNames({"rows", "k", "batch"})
    ->ArgsProduct({{1200, 16'384}, {1, 5, 20}, {1, 256}});

}  // namespace
}  // namespace advae
