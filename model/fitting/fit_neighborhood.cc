#include "model/fitting/fit_neighborhood.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/fitting/drawn_rows.h"
#include "model/fitting/row_tiles.h"
#include "model/scoring/neighborhood_member.h"
#include "model/scoring/neighborhood_stage.h"
#include "model/simd/instruction_set.h"
#include "model/simd/neighbor_search.h"

namespace advae {
namespace {

constexpr size_t kMaxRows = std::numeric_limits<uint32_t>::max() - 1;

// The nearest others of each of some rows.
struct NearestOthers {
  std::span<const Neighbor> Of(size_t row) const { return std::span(found).subspan(row * k, k); }

  size_t k = 0;
  std::vector<Neighbor> found;  // [rows, k], the nearest first
};

// At most `k`, or all others when there are fewer.
NearestOthers FindNearestOthers(const Matrix& rows, size_t k, int threads) {
  NearestOthers others{.k = std::min(k, rows.rows() - 1), .found = {}};
  others.found.resize(rows.rows() * others.k);
  const std::unique_ptr<const NeighborSearch> search = NeighborSearch::Create(
      rows.values.data(), rows.rows(), rows.columns, SupportedInstructionSets().front());
  ForTiles(rows.rows(), threads, [&](size_t first, size_t tile) {
    std::vector<uint32_t> excluded;
    for (size_t i = 0; i < tile; ++i) excluded.push_back(static_cast<uint32_t>(first + i));
    NeighborSearchMemory memory;
    search->Find(
        {.values = rows.values.data() + first * rows.columns, .count = tile, .excluded = excluded},
        others.k, others.found.data() + first * others.k, memory, nullptr);
  });
  return others;
}

// The mean distance of each row to its nearest others.
std::vector<float> Radii(const NearestOthers& others) {
  std::vector<float> radii(others.found.size() / others.k);
  for (size_t i = 0; i < radii.size(); ++i) {
    double sum = 0;
    for (const Neighbor& other : others.Of(i)) {
      sum += std::sqrt(static_cast<double>(other.squared_distance));
    }
    radii[i] = static_cast<float>(sum / static_cast<double>(others.k));
  }
  return radii;
}

// A memory, and what its rows have found in it.
struct Remembered {
  NeighborhoodMemory memory;
  NearestOthers scaled;
  NearestOthers ranked;
};

Remembered Remember(MatrixView rows, const MinMaxScaler& scaler,
                    const NeighborhoodOptions& options) {
  NeighborhoodMemory memory;
  memory.training_rows = DrawRows(rows.rows, options.memory_rows, options.seed);
  memory.rows.columns = rows.columns;
  memory.rows.values.resize(memory.training_rows.size() * rows.columns);
  float* scaled = memory.rows.values.data();
  for (const uint32_t row : memory.training_rows) {
    scaler.Transform(rows.row(row).data(), scaled);
    scaled += rows.columns;
  }
  memory.rank_map = RankMap::Fit(memory.rows.view());
  NearestOthers near = FindNearestOthers(memory.rows, kScaledNeighbors, options.threads);
  NearestOthers ranked_near =
      FindNearestOthers(memory.rank_map.Transform(memory.rows), kRankedNeighbors, options.threads);
  memory.scaled_radii = Radii(near);
  memory.ranked_radii = Radii(ranked_near);
  return {.memory = std::move(memory), .scaled = std::move(near), .ranked = std::move(ranked_near)};
}

// Of all training rows; the remembered ones without themselves, which is how they have been
// searched for already.
std::vector<NeighborhoodScores> ScoreTrainingRows(const NeighborhoodMember& member,
                                                  const NearestOthers& near,
                                                  const NearestOthers& ranked_near, MatrixView rows,
                                                  const MinMaxScaler& scaler, int threads) {
  const std::vector<uint32_t>& remembered = member.memory().training_rows;
  std::vector<NeighborhoodScores> scores(rows.rows);
  std::vector<uint32_t> others;
  for (uint32_t row = 0, i = 0; row < rows.rows; ++row) {
    if (i < remembered.size() && remembered[i] == row) {
      scores[row] = member.ScoresOf(near.Of(i), ranked_near.Of(i));
      ++i;
    } else {
      others.push_back(row);
    }
  }
  ForTiles(others.size(), threads, [&](size_t first, size_t tile) {
    Matrix scaled{.values = std::vector<float>(tile * rows.columns), .columns = rows.columns};
    for (size_t i = 0; i < tile; ++i) {
      scaler.Transform(rows.row(others[first + i]).data(), scaled.values.data() + i * rows.columns);
    }
    std::vector<NeighborhoodScores> found(tile);
    NeighborhoodScratch scratch;
    BreakCounter breaks(nullptr);
    member.Score(scaled.values.data(), /*excluded=*/{}, found, scratch, breaks);
    for (size_t i = 0; i < tile; ++i) scores[others[first + i]] = found[i];
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
  if (rows.rows < 2 || rows.rows > kMaxRows || rows.columns != scaler.columns() ||
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
  Remembered remembered = Remember(rows, scaler, options);
  absl::StatusOr<std::unique_ptr<const NeighborhoodMember>> member =
      NeighborhoodMember::Create(std::move(remembered.memory), SupportedInstructionSets().front());
  if (!member.ok()) return member.status();
  const std::vector<NeighborhoodScores> scores = ScoreTrainingRows(
      **member, remembered.scaled, remembered.ranked, rows, scaler, options.threads);
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
