// What the batch queue itself costs: requests pushed and popped a second, without any scoring.

#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "server/batching/batch_queue.h"
#include "tests/testing/random_model.h"

namespace advae {
namespace {

std::shared_ptr<ScoreTask> MakeTask(const std::shared_ptr<const LoadedVersion>& version,
                                    size_t rows) {
  return std::make_shared<ScoreTask>(
      ScoreWork{.version = version, .rows = {nullptr, rows, 3}, .scores = {}},
      [](const absl::Status&) {});
}

// Requests of range(0) rows each, for range(1) models, 64 of them waiting at a time.
void PushAndPop(benchmark::State& state) {
  const size_t rows = static_cast<size_t>(state.range(0));
  constexpr size_t kWaiting = 64;
  std::vector<std::shared_ptr<const LoadedVersion>> versions;
  for (int i = 0; i < state.range(1); ++i) {
    versions.push_back(*LoadedVersion::Create(*testing::RandomBundle("model")));
  }
  const absl::Time now = absl::UnixEpoch();
  BatchQueue queue({}, 1);
  for (auto _ : state) {
    for (size_t i = 0; i < kWaiting; ++i) {
      if (!queue.Push(MakeTask(versions[i % versions.size()], rows), /*caller=*/0, now).ok()) {
        state.SkipWithError("the queue is full");
        return;
      }
    }
    while (!queue.empty()) {
      const Batch batch = queue.PopReady(now);
      queue.Finish(batch, batch.multiply_adds, absl::Milliseconds(1), now);
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kWaiting));
}
BENCHMARK(PushAndPop)->ArgNames({"rows", "models"})->ArgsProduct({{1, 16, 1000}, {1, 10}});

}  // namespace
}  // namespace advae
