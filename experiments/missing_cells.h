#ifndef ADVAE_EXPERIMENTS_MISSING_CELLS_H_
#define ADVAE_EXPERIMENTS_MISSING_CELLS_H_

#include <cstdint>

#include "advae/v1/types.pb.h"
#include "experiments/data_folder.h"
#include "model/data/matrix.h"

namespace advae {

// The data set without `share` of its cells, in [0, 1): each cell of the training and test rows is
// missing (NaN) with this probability, drawn with `seed`, whatever the others.
ExperimentData WithMissingCells(ExperimentData data, double share, uint64_t seed);

// Whether a cell is missing.
bool HasMissingCells(MatrixView rows);

// The rows as a table of floats, whose columns are named "x0", "x1" and so on.
v1::Table TableOf(MatrixView rows);

}  // namespace advae

#endif  // ADVAE_EXPERIMENTS_MISSING_CELLS_H_
