#include "model/fitting/row_tiles.h"

#include <algorithm>
#include <exception>
#include <thread>

#include "model/fitting/drawn_rows.h"

namespace advae {

void ForTiles(size_t rows, int threads, const std::function<void(size_t, size_t)>& work) {
  std::vector<std::exception_ptr> errors(static_cast<size_t>(threads));
  {
    std::vector<std::jthread> workers;  // joined at the end of the scope
    for (size_t thread = 0; thread < errors.size(); ++thread) {
      workers.emplace_back([&, thread] {
        try {
          for (size_t first = thread * kTileRows; first < rows;
               first += errors.size() * kTileRows) {
            work(first, std::min(kTileRows, rows - first));
          }
        } catch (...) {
          errors[thread] = std::current_exception();
        }
      });
    }
  }
  for (const std::exception_ptr& error : errors) {
    if (error != nullptr) std::rethrow_exception(error);
  }
}

std::vector<double> ScoreRows(const Scorer& scorer, MatrixView rows,
                              std::span<const uint32_t> indices, int threads) {
  std::vector<double> scores(indices.size());
  ForTiles(indices.size(), threads, [&](size_t first, size_t tile) {
    const Matrix some = CopyRows(rows, indices.subspan(first, tile));
    scorer.Score(some.view(), std::span(scores).subspan(first, tile));
  });
  return scores;
}

}  // namespace advae
