#ifndef ADVAE_MODEL_NETWORKS_TORCH_ERRORS_H_
#define ADVAE_MODEL_NETWORKS_TORCH_ERRORS_H_

#include <functional>

#include "absl/status/status.h"

namespace advae {

// Runs `work` and turns what LibTorch throws into a status, at the public edge of advae::training:
// kResourceExhausted when memory ran out, kInternal otherwise. `doing` starts the message, such as
// "training".
absl::Status CatchTorchErrors(const char* doing, const std::function<absl::Status()>& work);

}  // namespace advae

#endif  // ADVAE_MODEL_NETWORKS_TORCH_ERRORS_H_
