#ifndef ADVAE_MODEL_FITTING_ROW_TILES_H_
#define ADVAE_MODEL_FITTING_ROW_TILES_H_

#include <cstddef>
#include <functional>

namespace advae {

// Rows that a search takes at a time, so that they share each load of the rows that are searched.
inline constexpr size_t kTileRows = 256;

// Calls work(first, count) for tiles of at most kTileRows of `rows` rows, from `threads` threads,
// at least 1, and returns when all are done. What a call throws, for lack of memory, is thrown
// here.
void ForTiles(size_t rows, int threads, const std::function<void(size_t, size_t)>& work);

}  // namespace advae

#endif  // ADVAE_MODEL_FITTING_ROW_TILES_H_
