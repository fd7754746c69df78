// What a history costs the thread that answers a request. Argument: rows of the request.

#include <benchmark/benchmark.h>

#include <memory>
#include <random>

#include "absl/time/time.h"
#include "server/history/model_history.h"

namespace advae {
namespace {

void BM_CountRequest(benchmark::State& state) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> uniform(0, 1);
  v1::ScoreResponse response;
  for (int i = 0; i < state.range(0); ++i) {
    response.add_scores(1);
    response.add_p_values(uniform(random));
    response.add_anomalies(response.p_values(i) < 0.1);
  }
  const Histories histories({});
  const std::shared_ptr<ModelHistory> history = histories.Make();
  const absl::Time now = absl::UnixEpoch() + absl::Hours(1);
  for (auto _ : state) history->Count(response, absl::Microseconds(300), now);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_CountRequest)->Arg(1)->Arg(256);

}  // namespace
}  // namespace advae
