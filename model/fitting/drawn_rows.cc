#include "model/fitting/drawn_rows.h"

#include <random>

namespace advae {

// Each row is taken with the odds that as many are still to be taken of those that are left.
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

Matrix CopyRows(MatrixView rows, std::span<const uint32_t> indices) {
  Matrix copies{.values = {}, .columns = rows.columns};
  copies.values.reserve(indices.size() * rows.columns);
  for (const uint32_t row : indices) {
    copies.values.insert(copies.values.end(), rows.row(row).begin(), rows.row(row).end());
  }
  return copies;
}

}  // namespace advae
