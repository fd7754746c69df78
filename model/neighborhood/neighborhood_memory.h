#ifndef ADVAE_MODEL_NEIGHBORHOOD_NEIGHBORHOOD_MEMORY_H_
#define ADVAE_MODEL_NEIGHBORHOOD_NEIGHBORHOOD_MEMORY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "model/data/matrix.h"
#include "model/neighborhood/feature_relations.h"
#include "model/neighborhood/rank_map.h"
#include "model/neighborhood/score_combination.h"

namespace advae {

// Neighbours in scaled space and in rank space (RankMap) that a local ratio compares.
inline constexpr size_t kScaledNeighbors = 20;
inline constexpr size_t kRankedNeighbors = 5;

// The training rows that a version remembers, n of them, at least two.
struct NeighborhoodMemory {
  // Scaled by the version's scaler, [n, d]: the version's features but its marks
  // (MissingValues). Missing values have been estimated (TrainingRows).
  Matrix rows;
  // Which of the training rows each is, counted from 0; ascending.
  std::vector<uint32_t> training_rows;
  RankMap rank_map;
  // The mean distance of each row to its nearest others, kScaledNeighbors or kRankedNeighbors of
  // them, or all when there are fewer.
  std::vector<float> scaled_radii;
  std::vector<float> ranked_radii;

  // kInvalidArgument when there are fewer than two rows, sizes do not agree, or a value is not
  // finite, or too large for a search; the message says which.
  absl::Status Validate() const;
};

// Scores that are combined into that of a version with a memory, in this order.
enum class ScorePart { kNetworks, kDistance, kScaledRatio, kRankedRatio };
inline constexpr size_t kScoreParts = 4;
template <typename T>
using OfParts = std::array<T, kScoreParts>;

// What stands beside a version's networks.
struct Neighborhood {
  NeighborhoodMemory memory;
  OfParts<PartScale> scales;
  std::optional<FeatureRelations> relations = std::nullopt;
};

}  // namespace advae

#endif  // ADVAE_MODEL_NEIGHBORHOOD_NEIGHBORHOOD_MEMORY_H_
