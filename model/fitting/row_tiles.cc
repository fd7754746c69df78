#include "model/fitting/row_tiles.h"

#include <algorithm>
#include <exception>
#include <thread>
#include <vector>

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

}  // namespace advae
