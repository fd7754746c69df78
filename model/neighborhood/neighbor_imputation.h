#ifndef ADVAE_MODEL_NEIGHBORHOOD_NEIGHBOR_IMPUTATION_H_
#define ADVAE_MODEL_NEIGHBORHOOD_NEIGHBOR_IMPUTATION_H_

#include <cstddef>
#include <span>

#include "model/data/matrix.h"
#include "model/simd/neighbor_search.h"

namespace advae {

// Puts estimates in the place of the missing values (NaN) of `row` [d]: the mean over those of
// `neighbors`, the nearest of `rows`, that have the feature (Troyanskaya et al. 2001, "Missing
// value estimation methods for DNA microarrays", without its weights). Neighbours were found by the
// features that `row` has; one that shares none has no part. Where none is left, the value is that
// of `otherwise` [d].
void ImputeFromNeighbors(std::span<const Neighbor> neighbors, const Matrix& rows,
                         std::span<const float> otherwise, std::span<float> row);

}  // namespace advae

#endif  // ADVAE_MODEL_NEIGHBORHOOD_NEIGHBOR_IMPUTATION_H_
