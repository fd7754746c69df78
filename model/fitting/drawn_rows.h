#ifndef ADVAE_MODEL_FITTING_DRAWN_ROWS_H_
#define ADVAE_MODEL_FITTING_DRAWN_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/data/matrix.h"

namespace advae {

// The indices of `count` of `rows` rows, drawn at random without replacement, ascending. All rows
// when there are no more.
std::vector<uint32_t> DrawRows(size_t rows, size_t count, uint64_t seed);

// Copies of the rows with these indices.
Matrix CopyRows(MatrixView rows, std::span<const uint32_t> indices);

}  // namespace advae

#endif  // ADVAE_MODEL_FITTING_DRAWN_ROWS_H_
