#ifndef ADVAE_MODEL_REPOSITORY_NETWORK_TENSORS_H_
#define ADVAE_MODEL_REPOSITORY_NETWORK_TENSORS_H_

#include "absl/status/statusor.h"
#include "model/repository/safetensors.h"
#include "model/scoring/network_weights.h"

namespace advae {

// Finds the layers of E and G among tensors saved from Python and infers all sizes from their
// shapes. Each layer NAME is the pair NAME.weight [outputs, inputs] and NAME.bias [outputs];
// docs/IMPORT.md has the names, aliases and prefixes that are understood.
//
// kInvalidArgument when a layer is missing or found twice, a shape is wrong, or tensors are left
// over; the message says what was expected and which names are there.
absl::StatusOr<NetworkWeights> WeightsFromTensors(const TensorMap& encoder,
                                                  const TensorMap& generator);

}  // namespace advae

#endif  // ADVAE_MODEL_REPOSITORY_NETWORK_TENSORS_H_
