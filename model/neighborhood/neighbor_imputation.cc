#include "model/neighborhood/neighbor_imputation.h"

#include <cmath>

namespace advae {
void ImputeFromNeighbors(std::span<const Neighbor> neighbors, const Matrix& rows,
                         std::span<const float> otherwise, std::span<float> row) {
  for (size_t j = 0; j < row.size(); ++j) {
    if (!std::isnan(row[j])) continue;
    double sum = 0;
    size_t count = 0;
    for (const Neighbor& neighbor : neighbors) {
      const float value = rows.row(neighbor.row)[j];
      if (std::isnan(value) || neighbor.squared_distance >= NeighborSearch::kNothingShared)
        continue;
      sum += value;
      ++count;
    }
    row[j] = count > 0 ? static_cast<float>(sum / static_cast<double>(count)) : otherwise[j];
  }
}

}  // namespace advae
