#include "model/training/weight_file.h"

#include <string>

#include "model/scoring/file_io.h"
#include "model/training/state_dict.h"

namespace advae {

absl::StatusOr<TensorMap> ReadWeightFile(const std::filesystem::path& path) {
  const absl::StatusOr<std::string> bytes = ReadFile(path);
  if (!bytes.ok()) return bytes.status();
  return IsPyTorchFile(*bytes) ? ParseStateDict(*bytes) : ParseSafetensors(*bytes);
}

}  // namespace advae
