#include "model/fitting/fit_neighborhood.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/scoring/neighborhood_member.h"
#include "model/scoring/neighborhood_stage.h"
#include "model/simd/instruction_set.h"
#include "model/simd/neighbor_search.h"

namespace advae {
namespace {

constexpr size_t kTileRows = 256;
constexpr uint32_t kNotRemembered = std::numeric_limits<uint32_t>::max();

// Calls work(first, count) for tiles of `rows` rows, from `threads` threads. What a call throws,
// for lack of memory, is thrown here.
void ForTiles(size_t rows, int threads, const std::function<void(size_t, size_t)>& work) {
  std::vector<std::exception_ptr> errors(static_cast<size_t>(threads));
  {
    std::vector<std::jthread> workers;  // joined at the end of the scope
    for (size_t thread = 0; thread < errors.size(); ++thread) {
      workers.emplace_back([&, thread] {
        try {
          for (size_t first = thread * kTileRows; first < rows;
               first += errors.size() * kTileRows) {
            work(first, std::min(kTileRows, rows - first));
          }
        } catch (...) {
          errors[thread] = std::current_exception();
        }
      });
    }
  }
  for (const std::exception_ptr& error : errors) {
    if (error != nullptr) std::rethrow_exception(error);
  }
}

// `count` of `rows` rows, ascending: each is taken with the odds that as many are still to be
// taken of those that are left.
std::vector<uint32_t> DrawRows(size_t rows, size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<uint32_t> drawn;
  for (size_t row = 0; row < rows && drawn.size() < count; ++row) {
    if (random() % (rows - row) < count - drawn.size()) {
      drawn.push_back(static_cast<uint32_t>(row));
    }
  }
  return drawn;
}

// The mean distance of each row to its k nearest others.
std::vector<float> Radii(const Matrix& rows, size_t k, int threads) {
  const size_t count = std::min(k, rows.rows() - 1);
  const std::unique_ptr<const NeighborSearch> search = NeighborSearch::Create(
      rows.values.data(), rows.rows(), rows.columns, SupportedInstructionSets().front());
  std::vector<float> radii(rows.rows());
  ForTiles(rows.rows(), threads, [&](size_t first, size_t tile) {
    std::vector<uint32_t> excluded;
    for (size_t i = 0; i < tile; ++i) excluded.push_back(static_cast<uint32_t>(first + i));
    std::vector<Neighbor> neighbors(tile * count);
    NeighborSearchMemory memory;
    search->Find(
        {.values = rows.values.data() + first * rows.columns, .count = tile, .excluded = excluded},
        count, neighbors.data(), memory, nullptr);
    for (size_t i = 0; i < tile; ++i) {
      double sum = 0;
      for (size_t n = 0; n < count; ++n) {
        sum += std::sqrt(static_cast<double>(neighbors[i * count + n].squared_distance));
      }
      radii[first + i] = static_cast<float>(sum / static_cast<double>(count));
    }
  });
  return radii;
}

NeighborhoodMemory Remember(MatrixView rows, const MinMaxScaler& scaler,
                            const NeighborhoodOptions& options) {
  NeighborhoodMemory memory;
  memory.training_rows =
      DrawRows(rows.rows, std::min<size_t>(options.memory_rows, rows.rows), options.seed);
  memory.rows.columns = rows.columns;
  memory.rows.values.resize(memory.training_rows.size() * rows.columns);
  float* scaled = memory.rows.values.data();
  for (const uint32_t row : memory.training_rows) {
    scaler.Transform(rows.row(row).data(), scaled);
    scaled += rows.columns;
  }
  memory.rank_map = RankMap::Fit(memory.rows.view());
  memory.scaled_radii = Radii(memory.rows, kScaledNeighbors, options.threads);
  memory.ranked_radii =
      Radii(memory.rank_map.Transform(memory.rows), kRankedNeighbors, options.threads);
  return memory;
}

// Of all training rows; the remembered ones without themselves.
std::vector<NeighborhoodScores> ScoreTrainingRows(const NeighborhoodMember& member, MatrixView rows,
                                                  const MinMaxScaler& scaler, int threads) {
  std::vector<uint32_t> place(rows.rows, kNotRemembered);
  const std::vector<uint32_t>& remembered = member.memory().training_rows;
  for (uint32_t i = 0; i < remembered.size(); ++i) place[remembered[i]] = i;
  std::vector<NeighborhoodScores> scores(rows.rows);
  ForTiles(rows.rows, threads, [&](size_t first, size_t tile) {
    const Matrix scaled = scaler.Transform(rows.Slice(first, tile));
    NeighborhoodScratch scratch;
    BreakCounter breaks(nullptr);
    member.Score(scaled.values.data(), std::span(place).subspan(first, tile),
                 std::span(scores).subspan(first, tile), scratch, breaks);
  });
  return scores;
}

OfParts<PartScale> FitScales(std::span<const double> network_scores,
                             const std::vector<NeighborhoodScores>& scores) {
  const auto of = [&scores](double NeighborhoodScores::*part) {
    std::vector<double> values;
    values.reserve(scores.size());
    for (const NeighborhoodScores& row : scores) values.push_back(row.*part);
    return PartScale::Fit(values);
  };
  return {PartScale::Fit(network_scores), of(&NeighborhoodScores::distance),
          of(&NeighborhoodScores::scaled_ratio), of(&NeighborhoodScores::ranked_ratio)};
}

}  // namespace

absl::StatusOr<FittedNeighborhood> FitNeighborhood(MatrixView rows, const MinMaxScaler& scaler,
                                                   std::span<const double> network_scores,
                                                   const NeighborhoodOptions& options) {
  if (rows.rows < 2 || rows.rows >= kNotRemembered || rows.columns != scaler.columns() ||
      network_scores.size() != rows.rows) {
    return absl::InvalidArgumentError(
        absl::StrCat("a memory needs two or more training rows of ", scaler.columns(),
                     " features with a score each, got ", rows.rows, " rows of ", rows.columns,
                     " features and ", network_scores.size(), " scores"));
  }
  if (options.memory_rows < 2 || options.threads < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected at least 2 rows to remember and 1 "
                     "thread, got ",
                     options.memory_rows, " and ", options.threads));
  }
  absl::StatusOr<std::unique_ptr<const NeighborhoodMember>> member = NeighborhoodMember::Create(
      Remember(rows, scaler, options), SupportedInstructionSets().front());
  if (!member.ok()) return member.status();
  const std::vector<NeighborhoodScores> scores =
      ScoreTrainingRows(**member, rows, scaler, options.threads);
  const OfParts<PartScale> scales = FitScales(network_scores, scores);
  FittedNeighborhood fitted{.neighborhood = {.memory = (*member)->memory(), .scales = scales},
                            .training_scores = {}};
  fitted.training_scores.reserve(rows.rows);
  for (size_t i = 0; i < rows.rows; ++i) {
    fitted.training_scores.push_back(
        CombinedScore(Standardize(scales, network_scores[i], scores[i])));
  }
  return fitted;
}

}  // namespace advae
