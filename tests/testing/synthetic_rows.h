#ifndef ADVAE_TESTS_TESTING_SYNTHETIC_ROWS_H_
#define ADVAE_TESTS_TESTING_SYNTHETIC_ROWS_H_

#include <cmath>
#include <cstddef>
#include <random>

#include "model/data/matrix.h"

namespace advae::testing {

// Rows with values in [0, 1] that lie near a curve: feature j is a wave of one hidden variable.
inline Matrix SyntheticRows(size_t rows, size_t columns, uint32_t seed = 1) {
  std::mt19937 random(seed);
  Matrix matrix{.values = {}, .columns = columns};
  for (size_t i = 0; i < rows; ++i) {
    const double t = static_cast<double>(random()) / std::mt19937::max();
    for (size_t j = 0; j < columns; ++j) {
      const double noise = 0.02 * static_cast<double>(random()) / std::mt19937::max();
      const double wave = 0.5 + 0.45 * std::sin(6 * t + static_cast<double>(j));
      matrix.values.push_back(static_cast<float>(wave + noise));
    }
  }
  return matrix;
}

}  // namespace advae::testing

#endif  // ADVAE_TESTS_TESTING_SYNTHETIC_ROWS_H_
