#ifndef ADVAE_MODEL_FITTING_ROW_TILES_H_
#define ADVAE_MODEL_FITTING_ROW_TILES_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "model/data/matrix.h"
#include "model/scoring/scorer.h"

namespace advae {

// Rows that a search takes at a time, so that they share each load of the rows that are searched.
inline constexpr size_t kTileRows = 256;

// Calls work(first, count) for tiles of at most kTileRows of `rows` rows, from `threads` threads,
// at least 1, and returns when all are done. What a call throws, for lack of memory, is thrown
// here.
void ForTiles(size_t rows, int threads, const std::function<void(size_t, size_t)>& work);

// The scores of the rows with these indices, in their order, from `threads` threads, which change
// no bit.
std::vector<double> ScoreRows(const Scorer& scorer, MatrixView rows,
                              std::span<const uint32_t> indices, int threads);

}  // namespace advae

#endif  // ADVAE_MODEL_FITTING_ROW_TILES_H_
