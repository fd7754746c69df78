#include "model/repository/version_numbers.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "advae/v1/manifest.pb.h"
#include "model/base/file_io.h"
#include "model/base/json_file.h"
#include "model/base/status_macros.h"
#include "model/repository/model_folder.h"

namespace advae {
namespace {

namespace fs = std::filesystem;

absl::StatusOr<uint64_t> ReadHighest(const fs::path& path) {
  const absl::StatusOr<std::string> json = ReadFile(path, kMaxSmallFileBytes);
  if (absl::IsNotFound(json.status())) return 0;
  if (!json.ok()) return json.status();
  v1::VersionNumbers numbers;
  ADVAE_RETURN_IF_ERROR(FromJson(path, *json, numbers));
  if (numbers.highest() > kMaxVersion) {
    return absl::DataLossError(absl::StrCat(path.string(), ": the highest number is ",
                                            numbers.highest(), ", expected at most ", kMaxVersion));
  }
  return numbers.highest();
}

}  // namespace

fs::path VersionNumbers::PathOf(std::string_view model) const {
  return folder_ / absl::StrCat(std::string(model), ".json");
}

absl::StatusOr<uint64_t> VersionNumbers::Highest(std::string_view model) const {
  return ReadHighest(PathOf(model));
}

absl::Status VersionNumbers::Record(const StagingArea& staging, std::string_view model,
                                    uint64_t number, uint64_t highest_possible) const {
  const absl::StatusOr<uint64_t> highest = Highest(model);
  if (highest.ok() && *highest >= number) return absl::OkStatus();
  if (!highest.ok() && !absl::IsDataLoss(highest.status())) return highest.status();
  ADVAE_RETURN_IF_ERROR(CreateFolder(folder_));
  v1::VersionNumbers numbers;
  numbers.set_highest(highest.ok() ? number : std::max(number, highest_possible));
  return staging.ReplaceJson(numbers, PathOf(model));
}

uint64_t VersionNumbers::HighestOfAll() const {
  uint64_t highest = 0;
  const auto files = ListFolder(folder_);
  if (!files.ok()) return highest;
  for (const fs::path& file : *files) {
    highest = std::max(highest, ReadHighest(file).value_or(0));
  }
  return highest;
}

}  // namespace advae
