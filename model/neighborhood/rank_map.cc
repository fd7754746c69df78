#include "model/neighborhood/rank_map.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/simd/neighbor_search.h"

namespace advae {
namespace {

struct Knot {
  float value;
  float rank;
};

// The values of one feature that its ranks are made of, ascending.
std::vector<float> SortedColumn(MatrixView rows, size_t column) {
  std::vector<float> usual;
  for (size_t i = 0; i < rows.rows; ++i) {
    const float value = rows.row(i)[column];
    if (value >= 0 && value <= 1) usual.push_back(value);
  }
  if (usual.empty()) {
    for (size_t i = 0; i < rows.rows; ++i) {
      if (const float value = rows.row(i)[column]; !std::isnan(value)) usual.push_back(value);
    }
  }
  if (usual.empty()) usual.push_back(0);
  std::ranges::sort(usual);
  return usual;
}

// Each distinct value with the share of values below it, half of those equal to it counted.
std::vector<Knot> DistinctValues(std::span<const float> sorted) {
  std::vector<Knot> knots;
  const auto count = static_cast<double>(sorted.size());
  for (size_t first = 0; first < sorted.size();) {
    size_t end = first;
    while (end < sorted.size() && sorted[end] == sorted[first]) ++end;
    const double below = static_cast<double>(first + end) / 2;
    knots.push_back({.value = sorted[first], .rank = static_cast<float>(below / count)});
    first = end;
  }
  return knots;
}

// At most kKnots of them, as evenly spaced in rank as there are values.
std::vector<Knot> Thinned(const std::vector<Knot>& knots) {
  if (knots.size() <= RankMap::kKnots) return knots;
  std::vector<Knot> thinned;
  const float first = knots.front().rank;
  const float range = knots.back().rank - first;
  size_t at = 0;
  for (size_t i = 0; i < RankMap::kKnots; ++i) {
    const float target = first + range * static_cast<float>(i) / (RankMap::kKnots - 1);
    while (at + 1 < knots.size() && knots[at].rank < target) ++at;
    if (thinned.empty() || thinned.back().value < knots[at].value) thinned.push_back(knots[at]);
  }
  return thinned;
}

}  // namespace

RankMap RankMap::Fit(MatrixView scaled_rows) {
  RankMap map{.columns = scaled_rows.columns, .values = {}, .ranks = {}};
  for (size_t j = 0; j < scaled_rows.columns; ++j) {
    std::vector<Knot> knots = Thinned(DistinctValues(SortedColumn(scaled_rows, j)));
    knots.resize(kKnots, knots.back());
    for (const Knot& knot : knots) {
      map.values.push_back(knot.value);
      map.ranks.push_back(knot.rank);
    }
  }
  return map;
}

absl::Status RankMap::Validate() const {
  if (values.size() != columns * kKnots || ranks.size() != columns * kKnots) {
    return absl::InvalidArgumentError(absl::StrCat("expected ", columns, " x ", kKnots,
                                                   " values and ranks, got ", values.size(),
                                                   " and ", ranks.size()));
  }
  // Ascending, so that the ends tell the range; false for NaN, too.
  const auto ascends = [](std::span<const float> knots, float least, float most) {
    const auto follows = [](float a, float b) { return !(a <= b); };
    return knots.front() >= least && knots.back() <= most &&
           std::ranges::adjacent_find(knots, follows) == knots.end();
  };
  constexpr float kMost = NeighborSearch::kMaxMagnitude;
  for (size_t j = 0; j < columns; ++j) {
    if (!ascends({values.data() + j * kKnots, kKnots}, -kMost, kMost) ||
        !ascends({ranks.data() + j * kKnots, kKnots}, 0, 1)) {
      return absl::InvalidArgumentError(absl::StrCat("feature ", j, ": expected values of at most ",
                                                     kMost, " and ranks of 0 to 1 that ascend"));
    }
  }
  return absl::OkStatus();
}

void RankMap::Transform(const float* scaled, float* ranked) const {
  for (size_t j = 0; j < columns; ++j) {
    const float x = scaled[j];
    const float* const value = values.data() + j * kKnots;
    const float* const rank = ranks.data() + j * kKnots;
    // Counting is faster than a search, whose branches cannot be predicted.
    size_t below = 0;
    for (size_t i = 0; i < kKnots; ++i) below += value[i] <= x ? 1 : 0;
    if (below == 0) {
      ranked[j] = rank[0] - kSlope * (value[0] - x);
    } else if (below == kKnots) {
      ranked[j] = rank[kKnots - 1] + kSlope * (x - value[kKnots - 1]);
    } else {
      const float share = (x - value[below - 1]) / (value[below] - value[below - 1]);
      ranked[j] = rank[below - 1] + share * (rank[below] - rank[below - 1]);
    }
  }
}

Matrix RankMap::Transform(const Matrix& scaled) const {
  Matrix ranked = scaled;
  for (size_t i = 0; i < ranked.rows(); ++i) {
    float* const row = ranked.values.data() + i * columns;
    Transform(row, row);
  }
  return ranked;
}

}  // namespace advae
