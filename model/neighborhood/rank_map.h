#ifndef ADVAE_MODEL_NEIGHBORHOOD_RANK_MAP_H_
#define ADVAE_MODEL_NEIGHBORHOOD_RANK_MAP_H_

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "model/data/matrix.h"

namespace advae {

// Replaces each scaled feature by the share of training rows below it, so that a feature counts by
// how common its values are, whatever its distribution. The shares are those at kKnots values of
// the training rows, with straight lines between them. Beyond the first and the last of these, the
// line goes on with slope kSlope, so that a value far out stays far away.
struct RankMap {
  static constexpr size_t kKnots = 32;
  static constexpr float kSlope = 3;

  size_t columns = 0;         // d
  std::vector<float> values;  // [d, kKnots], ascending in each row; a feature with fewer distinct
                              // values has its last one several times
  std::vector<float> ranks;   // [d, kKnots], the share at each value, in (0, 1), ascending

  // From scaled rows, at least one. Values outside [0, 1], which a robust range takes for absurd,
  // have no part in it, unless a feature has no others; NaN has none. O(n d log n).
  static RankMap Fit(MatrixView scaled_rows);

  // kInvalidArgument when sizes do not agree with `columns`, a value is beyond what can be searched
  // (NeighborSearch::kMaxMagnitude), a rank outside [0, 1], or either do not ascend.
  absl::Status Validate() const;

  // `scaled` and `ranked` have size d and may be the same. NaN stays NaN.
  void Transform(const float* scaled, float* ranked) const;
  // The same for all rows of a matrix.
  Matrix Transform(const Matrix& scaled) const;
};

}  // namespace advae

#endif  // ADVAE_MODEL_NEIGHBORHOOD_RANK_MAP_H_
