#include "model/fitting/usual_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <span>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"
#include "model/fitting/drawn_rows.h"
#include "model/fitting/row_tiles.h"
#include "model/neighborhood/score_combination.h"
#include "model/simd/instruction_set.h"
#include "model/simd/neighbor_search.h"

namespace advae {
namespace {

constexpr double kLeftOutPerContamination = 3;
constexpr size_t kReferenceRows = 2048;
constexpr size_t kMinNeighbors = 20;
constexpr size_t kMaxNeighbors = 512;  // a quarter of the reference; more would cost too much
constexpr double kNeighborsPerContamination = 2;
constexpr size_t kCompanions = 10;
constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();

size_t CountOfNeighbors(size_t reference_rows, double contamination) {
  const double wanted =
      kNeighborsPerContamination * contamination * static_cast<double>(reference_rows);
  const size_t count =
      std::clamp(static_cast<size_t>(std::lround(wanted)), kMinNeighbors, kMaxNeighbors);
  return std::min(count, reference_rows - 1);
}

// What the rows have found among those that they are compared with.
struct Surroundings {
  std::vector<double> distances;     // mean distance of each row to its nearest others
  std::vector<uint32_t> companions;  // [rows, companion_count], the nearest others of each
  size_t companion_count = 0;
};

Surroundings LookAround(MatrixView rows, const MinMaxScaler& scaler,
                        std::span<const uint32_t> reference, const UsualRowsOptions& options) {
  const Matrix others = scaler.Transform(CopyRows(rows, reference).view());
  const std::unique_ptr<const NeighborSearch> search = NeighborSearch::Create(
      others.values.data(), others.rows(), others.columns, SupportedInstructionSets().front());
  std::vector<uint32_t> place(rows.rows, kNone);
  for (uint32_t i = 0; i < reference.size(); ++i) place[reference[i]] = i;
  const size_t k = CountOfNeighbors(reference.size(), options.contamination);
  Surroundings found{.distances = std::vector<double>(rows.rows),
                     .companions = {},
                     .companion_count = std::min(k, kCompanions)};
  found.companions.resize(rows.rows * found.companion_count);
  ForTiles(rows.rows, options.threads, [&](size_t first, size_t tile) {
    const Matrix scaled = scaler.Transform(rows.Slice(first, tile));
    std::vector<Neighbor> neighbors(tile * k);
    NeighborSearchMemory memory;
    search->Find({.values = scaled.values.data(),
                  .count = tile,
                  .excluded = std::span(place).subspan(first, tile)},
                 k, neighbors.data(), memory, nullptr);
    for (size_t i = 0; i < tile; ++i) {
      const std::span<const Neighbor> nearest = std::span(neighbors).subspan(i * k, k);
      found.distances[first + i] = MeanDistance(nearest);
      for (size_t n = 0; n < found.companion_count; ++n) {
        found.companions[(first + i) * found.companion_count + n] = reference[nearest[n].row];
      }
    }
  });
  return found;
}

// The higher, the less usual.
std::vector<double> Suspicions(const Surroundings& found) {
  const PartScale scale = PartScale::Fit(found.distances);
  std::vector<double> alone;
  alone.reserve(found.distances.size());
  for (const double distance : found.distances) alone.push_back(scale.Standardize(distance));
  std::vector<double> suspicions(alone.size());
  for (size_t i = 0; i < alone.size(); ++i) {
    double sum = 0;
    for (size_t n = 0; n < found.companion_count; ++n) {
      sum += alone[found.companions[i * found.companion_count + n]];
    }
    suspicions[i] = alone[i] + sum / static_cast<double>(found.companion_count);
  }
  return suspicions;
}

}  // namespace

size_t CountOfLeftOutRows(size_t rows, double contamination) {
  const auto wanted = static_cast<size_t>(
      std::lround(kLeftOutPerContamination * contamination * static_cast<double>(rows)));
  return std::min({wanted, rows / 2, rows < 2 ? 0 : rows - 2});
}

absl::StatusOr<std::vector<uint32_t>> FindUsualRows(MatrixView rows,
                                                    const UsualRowsOptions& options) {
  if (options.threads < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected at least 1 thread, got ", options.threads));
  }
  ADVAE_ASSIGN_OR_RETURN(const MinMaxScaler scaler, MinMaxScaler::FitRobust(rows, options.missing));
  std::vector<uint32_t> order(rows.rows);
  std::iota(order.begin(), order.end(), 0u);
  const size_t left_out = CountOfLeftOutRows(rows.rows, options.contamination);
  if (left_out == 0) return order;
  const std::vector<uint32_t> reference = DrawRows(rows.rows, kReferenceRows, options.seed);
  const std::vector<double> suspicions = Suspicions(LookAround(rows, scaler, reference, options));
  const auto end_of_kept = order.end() - static_cast<std::ptrdiff_t>(left_out);
  std::ranges::nth_element(order, end_of_kept, [&suspicions](uint32_t a, uint32_t b) {
    return suspicions[a] < suspicions[b] || (suspicions[a] == suspicions[b] && a < b);
  });
  order.erase(end_of_kept, order.end());
  std::ranges::sort(order);
  return order;
}

}  // namespace advae
