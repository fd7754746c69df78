// What a table costs beside its scoring, for one thread: BM_ConvertTable checks a message and makes
// features of it, BM_ScoreConverted scores these with networks as they are beside a memory by
// default, without the search of the memory, which comes on top. Argument: rows.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/scoring/latent_plan.h"
#include "model/scoring/scaler.h"
#include "model/scoring/scorer.h"
#include "model/table/encoding/table_encoder.h"
#include "model/table/survey/table_survey.h"
#include "model/table/table_view.h"
#include "tests/testing/random_model.h"
#include "tests/testing/tables.h"

namespace advae {
namespace {

using testing::TableBuilder;

constexpr size_t kColumns = 1000;  // at most, of a table

// Ten columns of numbers, of which one in twenty is missing, three of eight categories each, one of
// 500 merchants, a boolean and a time.
v1::Table MixedTable(size_t rows, uint32_t seed) {
  std::mt19937 random(seed);
  const auto cells = [&]<typename T>(auto make) {
    TableBuilder::Cells<T> made;
    for (size_t i = 0; i < rows; ++i) made.push_back(make(i));
    return made;
  };
  TableBuilder builder;
  for (int column = 0; column < 10; ++column) {
    builder.Doubles(absl::StrCat("number_", column),
                    cells.operator()<double>([&](size_t) -> std::optional<double> {
                      if (random() % 20 == 0) return std::nullopt;
                      return static_cast<double>(random() % 100'000) / 128;
                    }));
  }
  for (int column = 0; column < 3; ++column) {
    builder.Strings(absl::StrCat("category_", column), cells.operator()<std::string>([&](size_t) {
      return absl::StrCat("value ", random() % 8);
    }));
  }
  builder.Strings("merchant", cells.operator()<std::string>(
                                  [&](size_t) { return absl::StrCat("M-", random() % 500); }));
  builder.Bools("open", cells.operator()<bool>([&](size_t) { return random() % 2 == 0; }));
  builder.Times("start", cells.operator()<int64_t>([](size_t i) {
    return static_cast<int64_t>(i) * 7'000'000'000;  // a row in about two hours
  }));
  return builder;
}

std::shared_ptr<const TableEncoder> LearnEncoder() {
  const v1::Table table = MixedTable(/*rows=*/5000, /*seed=*/1);
  TableSurvey survey({}, /*strict=*/false);
  if (!survey.Add(*TableView::Create(table, kColumns)).ok()) std::abort();
  return *TableEncoder::Create(*survey.Finish());
}

void BM_ConvertTable(benchmark::State& state) {
  const auto rows = static_cast<size_t>(state.range(0));
  const std::shared_ptr<const TableEncoder> encoder = LearnEncoder();
  const v1::Table table = MixedTable(rows, /*seed=*/2);
  std::vector<float> features(rows * encoder->features());
  std::vector<CellNote> notes(rows * static_cast<size_t>(encoder->schema().columns_size()));
  for ([[maybe_unused]] auto _ : state) {
    const absl::StatusOr<TableView> view = TableView::Create(table, kColumns);
    const absl::StatusOr<TableEncoder::Binding> binding = encoder->Bind(*view);
    encoder->Encode(*binding, 0, rows, features, notes);
    benchmark::DoNotOptimize(features.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_ConvertTable)->ArgName("rows")->Arg(1)->Arg(64)->Arg(1024);

void BM_ScoreConverted(benchmark::State& state) {
  const auto rows = static_cast<size_t>(state.range(0));
  const size_t d = LearnEncoder()->features();
  const size_t k = d / 3;
  constexpr size_t kHidden = 32;
  v1::LatentPlanSpec spec;
  spec.set_samples(8);
  Ensemble ensemble;
  for (uint32_t seed = 1; seed <= 3; ++seed) {
    ensemble.push_back(
        {.networks = testing::RandomWeights({d, kHidden, kHidden, k, kHidden, kHidden}, seed)});
  }
  const std::unique_ptr<const Scorer> scorer = *Scorer::Create(
      ensemble, *MinMaxScaler::FromRanges(std::vector<float>(d, -1), std::vector<float>(d, 1)),
      *DrawLatentPlan(spec, k, /*default_seed=*/1));
  const Matrix matrix = testing::RandomRows(rows, d, /*seed=*/3);
  std::vector<double> scores(rows);
  ScoringMemory memory;
  for ([[maybe_unused]] auto _ : state) {
    scorer->Score(matrix.view(), scores, {}, memory);
    benchmark::DoNotOptimize(scores.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_ScoreConverted)->ArgName("rows")->Arg(1)->Arg(64)->Arg(1024);

}  // namespace
}  // namespace advae
