#include "model/pytorch/weight_file.h"

#include <string>

#include "model/base/file_io.h"
#include "model/pytorch/state_dict.h"

namespace advae {

absl::StatusOr<TensorMap> ReadWeightFile(const std::filesystem::path& path) {
  const absl::StatusOr<std::string> bytes = ReadFile(path);
  if (!bytes.ok()) return bytes.status();
  return IsPyTorchFile(*bytes) ? ParseStateDict(*bytes) : ParseSafetensors(*bytes);
}

}  // namespace advae
