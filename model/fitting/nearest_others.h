#ifndef ADVAE_MODEL_FITTING_NEAREST_OTHERS_H_
#define ADVAE_MODEL_FITTING_NEAREST_OTHERS_H_

#include <cstddef>
#include <span>
#include <vector>

#include "model/data/matrix.h"
#include "model/simd/neighbor_search.h"

namespace advae {

// The k nearest others of each of some rows by Euclidean distance, and the rows' radii: the mean
// distances to them. Thread-safe.
class NearestOthers {
 public:
  // Searches from `threads` threads, at least 1, which change no bit. There are at least two rows;
  // all others are taken when there are fewer than k. O(n^2 d).
  NearestOthers(const Matrix& rows, size_t k, int threads)
      : NearestOthers(rows, rows, k, threads) {}
  // The same for row i of `versions`, as many as `rows`, in the place of row i itself.
  NearestOthers(const Matrix& rows, const Matrix& versions, size_t k, int threads);

  // The nearest first.
  std::span<const Neighbor> Of(size_t row) const;

  std::vector<float> Radii() const;
  // That of `row` if there were no row `absent`.
  float RadiusWithout(size_t row, size_t absent) const;

 private:
  const size_t k_;
  const size_t stride_;          // k_ and, if there is one, the next one
  std::vector<Neighbor> found_;  // [rows, stride_]
};

}  // namespace advae

#endif  // ADVAE_MODEL_FITTING_NEAREST_OTHERS_H_
