#include "model/neighborhood/neighborhood_memory.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "model/simd/neighbor_search.h"

namespace advae {
namespace {

bool IsRadius(float radius) { return std::isfinite(radius) && radius >= 0; }

}  // namespace

absl::Status NeighborhoodMemory::Validate() const {
  const size_t count = rows.rows();
  if (count < 2 || training_rows.size() != count || scaled_radii.size() != count ||
      ranked_radii.size() != count) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected two or more remembered rows with an index and two radii each, got ",
                     count, " rows, ", training_rows.size(), " indices, ", scaled_radii.size(),
                     " and ", ranked_radii.size(), " radii"));
  }
  if (rank_map.columns != rows.columns) {
    return absl::InvalidArgumentError(absl::StrCat("the remembered rows have ", rows.columns,
                                                   " features, but their ranks ",
                                                   rank_map.columns));
  }
  if (!std::ranges::all_of(rows.values, [](float value) {
        return std::abs(value) <= NeighborSearch::kMaxMagnitude;
      })) {
    return absl::InvalidArgumentError("a value of the remembered rows is out of range");
  }
  if (!std::ranges::all_of(scaled_radii, IsRadius) ||
      !std::ranges::all_of(ranked_radii, IsRadius)) {
    return absl::InvalidArgumentError("a radius of the remembered rows is out of range");
  }
  return rank_map.Validate();
}

}  // namespace advae
