#include "model/fitting/fit_neighborhood.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/fitting/drawn_rows.h"
#include "model/fitting/nearest_others.h"
#include "model/fitting/row_tiles.h"
#include "model/neighborhood/neighborhood_member.h"
#include "model/neighborhood/neighborhood_stage.h"
#include "model/simd/instruction_set.h"

namespace advae {
namespace {

constexpr size_t kMaxRows = std::numeric_limits<uint32_t>::max() - 1;

// A memory, and what its rows have found in it.
struct Remembered {
  NeighborhoodMemory memory;
  NearestOthers scaled;
  NearestOthers ranked;
};

// `rows`, scaled, without their marks.
Matrix ScaledRows(MatrixView rows, const MinMaxScaler& scaler, size_t marks) {
  const size_t columns = rows.columns - marks;
  std::vector<float> row(rows.columns);
  Matrix scaled{.values = {}, .columns = columns};
  scaled.values.reserve(rows.rows * columns);
  for (size_t i = 0; i < rows.rows; ++i) {
    scaler.Transform(rows.row(i).data(), row.data());
    scaled.values.insert(scaled.values.end(), row.begin(),
                         row.begin() + static_cast<std::ptrdiff_t>(columns));
  }
  return scaled;
}

Remembered Remember(MatrixView rows, const MinMaxScaler& scaler,
                    const NeighborhoodOptions& options) {
  NeighborhoodMemory memory;
  memory.training_rows = DrawRows(rows.rows, options.memory_rows, options.seed);
  memory.rows = ScaledRows(CopyRows(rows, memory.training_rows).view(), scaler, options.marks);
  memory.rank_map = RankMap::Fit(memory.rows.view());
  NearestOthers near(memory.rows, kScaledNeighbors, options.threads);
  NearestOthers ranked_near(memory.rank_map.Transform(memory.rows), kRankedNeighbors,
                            options.threads);
  memory.scaled_radii = near.Radii();
  memory.ranked_radii = ranked_near.Radii();
  return {.memory = std::move(memory), .scaled = std::move(near), .ranked = std::move(ranked_near)};
}

// Of remembered row i by the others. The radii of its neighbours are those that they would have
// without it, as a new row is no part of them either: with it they are smaller, and the ratios of
// training rows would be larger than those of new ones.
NeighborhoodScores ScoreRemembered(const NeighborhoodMember& member, const NearestOthers& near,
                                   const NearestOthers& ranked_near, size_t i) {
  const auto radii = [i](const NearestOthers& others) {
    std::vector<float> without;
    for (const Neighbor& other : others.Of(i))
      without.push_back(others.RadiusWithout(other.row, i));
    return without;
  };
  return member.ScoresOf({.rows = near.Of(i), .radii = radii(near)},
                         {.rows = ranked_near.Of(i), .radii = radii(ranked_near)});
}

// Of all training rows.
std::vector<NeighborhoodScores> ScoreTrainingRows(const NeighborhoodMember& member,
                                                  const NearestOthers& near,
                                                  const NearestOthers& ranked_near, MatrixView rows,
                                                  const MinMaxScaler& scaler,
                                                  const NeighborhoodOptions& options) {
  const std::vector<uint32_t>& remembered = member.memory().training_rows;
  std::vector<NeighborhoodScores> scores(rows.rows);
  std::vector<uint32_t> others;
  for (uint32_t row = 0, i = 0; row < rows.rows; ++row) {
    if (i < remembered.size() && remembered[i] == row) {
      scores[row] = ScoreRemembered(member, near, ranked_near, i);
      ++i;
    } else {
      others.push_back(row);
    }
  }
  ForTiles(others.size(), options.threads, [&](size_t first, size_t tile) {
    const Matrix scaled = ScaledRows(CopyRows(rows, std::span(others).subspan(first, tile)).view(),
                                     scaler, options.marks);
    std::vector<NeighborhoodScores> found(tile);
    NeighborhoodScratch scratch;
    BreakCounter breaks(nullptr);
    member.Score(scaled.values.data(), found, scratch, breaks);
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
      options.marks >= rows.columns || network_scores.size() != rows.rows) {
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
  const std::vector<NeighborhoodScores> scores =
      ScoreTrainingRows(**member, remembered.scaled, remembered.ranked, rows, scaler, options);
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
