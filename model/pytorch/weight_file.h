#ifndef ADVAE_MODEL_PYTORCH_WEIGHT_FILE_H_
#define ADVAE_MODEL_PYTORCH_WEIGHT_FILE_H_

#include <filesystem>

#include "absl/status/statusor.h"
#include "model/repository/safetensors.h"

namespace advae {

// Reads a file of weights: a PyTorch state dict or safetensors, told apart by their content.
//
// kNotFound or kUnavailable when the file cannot be read; otherwise the errors of ParseStateDict
// and ParseSafetensors.
absl::StatusOr<TensorMap> ReadWeightFile(const std::filesystem::path& path);

}  // namespace advae

#endif  // ADVAE_MODEL_PYTORCH_WEIGHT_FILE_H_
