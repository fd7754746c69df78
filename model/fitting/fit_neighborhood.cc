#include "model/fitting/fit_neighborhood.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/fitting/drawn_rows.h"
#include "model/fitting/fit_relations.h"
#include "model/fitting/nearest_others.h"
#include "model/fitting/row_tiles.h"
#include "model/neighborhood/neighborhood_member.h"
#include "model/neighborhood/neighborhood_stage.h"
#include "model/simd/instruction_set.h"

namespace advae {
namespace {

constexpr size_t kMaxRows = std::numeric_limits<uint32_t>::max() - 1;

// What remembered rows have found among each other, in scaled or in rank space.
class Space {
 public:
  // `drawn` are the training rows that `remembered` stand for; the same without missing values.
  Space(const Matrix& remembered, const Matrix& drawn, size_t k, const NeighborhoodOptions& options)
      : remembered_(remembered, k, options.threads) {
    if (options.remembered != nullptr) drawn_.emplace(remembered, drawn, k, options.threads);
  }

  const NearestOthers& radii() const { return remembered_; }
  std::span<const Neighbor> NeighborsOf(size_t drawn) const {
    return (drawn_ ? *drawn_ : remembered_).Of(drawn);
  }
  // Of the neighbours of a row that was drawn, if it were not remembered.
  std::vector<float> RadiiAround(size_t drawn) const {
    std::vector<float> radii;
    for (const Neighbor& other : NeighborsOf(drawn)) {
      radii.push_back(remembered_.RadiusWithout(other.row, drawn));
    }
    return radii;
  }

 private:
  NearestOthers remembered_;
  std::optional<NearestOthers> drawn_;
};

// A memory, and what its rows have found in it.
struct Remembered {
  NeighborhoodMemory memory;
  Space scaled;
  Space ranked;
};

Remembered Remember(MatrixView rows, const MinMaxScaler& scaler,
                    const NeighborhoodOptions& options) {
  NeighborhoodMemory memory;
  memory.training_rows = DrawRows(rows.rows, options.memory_rows, options.seed);
  const Matrix drawn =
      scaler.Transform(CopyRows(rows, memory.training_rows).view(), rows.columns - options.marks);
  memory.rows = options.remembered == nullptr ? drawn : *options.remembered;
  memory.rank_map = RankMap::Fit(memory.rows.view());
  Space scaled(memory.rows, drawn, kScaledNeighbors, options);
  Space ranked(memory.rank_map.Transform(memory.rows), memory.rank_map.Transform(drawn),
               kRankedNeighbors, options);
  memory.scaled_radii = scaled.radii().Radii();
  memory.ranked_radii = ranked.radii().Radii();
  return {.memory = std::move(memory), .scaled = std::move(scaled), .ranked = std::move(ranked)};
}

// Of remembered row i by the others. The radii of its neighbours are those that they would have
// without it, as a new row is no part of them either: with it they are smaller, and the ratios of
// training rows would be larger than those of new ones.
NeighborhoodScores ScoreRemembered(const NeighborhoodMember& member, const Space& scaled,
                                   const Space& ranked, size_t i) {
  return member.ScoresOf({.rows = scaled.NeighborsOf(i), .radii = scaled.RadiiAround(i)},
                         {.rows = ranked.NeighborsOf(i), .radii = ranked.RadiiAround(i)});
}

// Of all training rows.
std::vector<NeighborhoodScores> ScoreTrainingRows(const NeighborhoodMember& member,
                                                  const Space& scaled_space,
                                                  const Space& ranked_space, MatrixView rows,
                                                  const MinMaxScaler& scaler,
                                                  const NeighborhoodOptions& options) {
  const std::vector<uint32_t>& remembered = member.memory().training_rows;
  std::vector<NeighborhoodScores> scores(rows.rows);
  std::vector<uint32_t> others;
  for (uint32_t row = 0, i = 0; row < rows.rows; ++row) {
    if (i < remembered.size() && remembered[i] == row) {
      scores[row] = ScoreRemembered(member, scaled_space, ranked_space, i);
      ++i;
    } else {
      others.push_back(row);
    }
  }
  ForTiles(others.size(), options.threads, [&](size_t first, size_t tile) {
    const Matrix scaled =
        scaler.Transform(CopyRows(rows, std::span(others).subspan(first, tile)).view(),
                         rows.columns - options.marks);
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

// The relations between features, and the bonuses of all training rows by them.
std::optional<FittedRelations> RelateFeatures(MatrixView rows, const MinMaxScaler& scaler,
                                              const std::vector<uint32_t>& remembered,
                                              const NeighborhoodOptions& options) {
  if (options.incomplete != nullptr) rows = *options.incomplete;
  const size_t features = rows.columns - options.marks;
  std::vector<uint32_t> relatable(features);
  std::iota(relatable.begin(), relatable.end(), 0);
  if (options.relatable != nullptr) relatable = *options.relatable;
  std::optional<FittedRelations> fitted = FitRelations(
      scaler.Transform(CopyRows(rows, remembered).view(), features), std::move(relatable));
  if (!fitted) return fitted;
  const FeatureRelations& relations = fitted->relations;
  const auto is_missing = [](std::span<const float> row) {
    return [row](uint32_t feature) { return std::isnan(row[feature]); };
  };
  std::vector<double> bonuses(rows.rows);
  std::vector<float> scaled(rows.columns);
  std::vector<double> residuals(relations.explained.size());
  for (uint32_t row = 0, i = 0; row < rows.rows; ++row) {
    if (i < remembered.size() && remembered[i] == row) {
      bonuses[row] = fitted->bonuses[i++];
    } else if (std::ranges::none_of(relations.related, is_missing(rows.row(row)))) {
      scaler.Transform(rows.row(row).data(), scaled.data());
      relations.Residuals(scaled.data(), residuals);
      bonuses[row] = relations.Bonus(residuals);
    }
  }
  fitted->bonuses = std::move(bonuses);
  return fitted;
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
  const std::optional<FittedRelations> related =
      RelateFeatures(rows, scaler, (*member)->memory().training_rows, options);
  FittedNeighborhood fitted{.neighborhood = {.memory = (*member)->memory(), .scales = scales},
                            .training_scores = {}};
  if (related) fitted.neighborhood.relations = related->relations;
  fitted.training_scores.reserve(rows.rows);
  for (size_t i = 0; i < rows.rows; ++i) {
    fitted.training_scores.push_back(CombinedScore(
        Standardize(scales, network_scores[i], scores[i]), related ? related->bonuses[i] : 0));
  }
  return fitted;
}

}  // namespace advae
