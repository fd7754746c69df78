#include "model/fitting/nearest_others.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>

#include "model/fitting/row_tiles.h"
#include "model/simd/instruction_set.h"

namespace advae {
NearestOthers::NearestOthers(const Matrix& rows, const Matrix& versions, size_t k, int threads)
    : k_(std::min(k, rows.rows() - 1)),
      stride_(std::min(k + 1, rows.rows() - 1)),
      found_(rows.rows() * stride_) {
  const std::unique_ptr<const NeighborSearch> search = NeighborSearch::Create(
      rows.values.data(), rows.rows(), rows.columns, SupportedInstructionSets().front());
  ForTiles(rows.rows(), threads, [&](size_t first, size_t tile) {
    std::vector<uint32_t> excluded;
    for (size_t i = 0; i < tile; ++i) excluded.push_back(static_cast<uint32_t>(first + i));
    NeighborSearchMemory memory;
    search->Find({.values = versions.values.data() + first * rows.columns,
                  .count = tile,
                  .excluded = excluded},
                 stride_, found_.data() + first * stride_, memory, nullptr);
  });
}

std::span<const Neighbor> NearestOthers::Of(size_t row) const {
  return std::span(found_).subspan(row * stride_, k_);
}

std::vector<float> NearestOthers::Radii() const {
  std::vector<float> radii(found_.size() / stride_);
  for (size_t row = 0; row < radii.size(); ++row) {
    radii[row] = static_cast<float>(MeanDistance(Of(row)));
  }
  return radii;
}

float NearestOthers::RadiusWithout(size_t row, size_t absent) const {
  std::vector<Neighbor> present;
  present.reserve(stride_);
  for (const Neighbor& other : std::span(found_).subspan(row * stride_, stride_)) {
    if (other.row != absent && present.size() < k_) present.push_back(other);
  }
  return present.empty() ? 0 : static_cast<float>(MeanDistance(present));
}

}  // namespace advae
