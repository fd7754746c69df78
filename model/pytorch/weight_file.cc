#include "model/pytorch/weight_file.h"

#include <string>

#include "model/base/file_io.h"
#include "model/base/status_macros.h"
#include "model/pytorch/state_dict.h"

namespace advae {

absl::StatusOr<TensorMap> ReadWeightFile(const std::filesystem::path& path) {
  ADVAE_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  return IsPyTorchFile(bytes) ? ParseStateDict(bytes) : ParseSafetensors(bytes);
}

}  // namespace advae
