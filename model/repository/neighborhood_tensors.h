#ifndef ADVAE_MODEL_REPOSITORY_NEIGHBORHOOD_TENSORS_H_
#define ADVAE_MODEL_REPOSITORY_NEIGHBORHOOD_TENSORS_H_

#include <optional>

#include "absl/status/statusor.h"
#include "model/neighborhood/neighborhood_memory.h"
#include "model/repository/safetensors.h"

namespace advae {

// A neighbourhood as named tensors: as kF32 memory.rows [n, d], memory.scaled_radii and
// memory.ranked_radii [n], memory.rank_values and memory.ranks [d, 32]; as kF64
// memory.training_rows [n], and memory.scales [4, 3]: floor, center and width of each part, in the
// order of ScorePart. With relations, as kF64 also relations.related and relations.means [e],
// relations.explained [p], relations.weights [e, p] and relations.threshold [1].

// Adds the neighbourhood's tensors to `tensors`.
void AddNeighborhood(const Neighborhood& neighborhood, TensorMap& tensors);

// Whether there are tensors of a neighbourhood.
bool HoldsNeighborhood(const TensorMap& tensors);

// Takes the neighbourhood's tensors out of `tensors`. kInvalidArgument when one is missing, or has
// a wrong shape or value; the message names it or says what is wrong.
absl::StatusOr<Neighborhood> TakeNeighborhood(TensorMap& tensors);

}  // namespace advae

#endif  // ADVAE_MODEL_REPOSITORY_NEIGHBORHOOD_TENSORS_H_
