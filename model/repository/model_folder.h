#ifndef ADVAE_MODEL_REPOSITORY_MODEL_FOLDER_H_
#define ADVAE_MODEL_REPOSITORY_MODEL_FOLDER_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "advae/v1/manifest.pb.h"
#include "advae/v1/types.pb.h"

namespace advae {

// The folder of one model in a repository: the names of what is in it, and reading them. What the
// names mean is in repository.h. Thread-safe: holds no state but the path. Errors as in file_io.h.
class ModelFolder {
 public:
  explicit ModelFolder(std::filesystem::path path) : path_(std::move(path)) {}

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path VersionPath(uint64_t version) const;
  // The file that stays when a version is deleted.
  std::filesystem::path DeletedMarkPath(uint64_t version) const;
  std::filesystem::path ServingPath() const { return path_ / "serving.json"; }
  std::filesystem::path ThresholdsPath(uint64_t version) const;

  // Ascending; none when the folder does not exist. Has also those whose folder is there but cannot
  // be reached, as a link that leads nowhere.
  absl::StatusOr<std::vector<uint64_t>> ListVersions() const;
  // The highest number in use, now or before a deletion; 0 when there is none.
  absl::StatusOr<uint64_t> HighestVersion() const;
  // As serving.json says; none when there is no such file, or it is damaged.
  absl::StatusOr<std::optional<uint64_t>> ReadServingVersion() const;
  // As thresholds.json says. kNotFound when no threshold was ever applied, kDataLoss when it does
  // not parse or ValidateThresholds refuses it.
  absl::StatusOr<v1::ThresholdHistory> ReadAppliedThresholds(uint64_t version) const;
  // The threshold history in force: the applied one, or else that of the manifest. Errors as in
  // ReadManifest; kDataLoss as above.
  absl::StatusOr<std::vector<v1::ThresholdRecord>> ReadThresholdHistory(uint64_t version) const;

 private:
  std::filesystem::path path_;
};

// 12 for "12"; none for "0", "012", "12abc", numbers above kMaxVersion, and the like.
std::optional<uint64_t> ParseVersion(std::string_view name);

// The paths of a folder's entries, in no order. kNotFound when it does not exist.
absl::StatusOr<std::vector<std::filesystem::path>> ListFolder(const std::filesystem::path& folder);

// OK for a folder, kNotFound for what is none or has vanished, kUnavailable for what may be one but
// cannot be reached, such as a link that leads nowhere or round in circles.
absl::Status CheckFolder(const std::filesystem::path& folder);

}  // namespace advae

#endif  // ADVAE_MODEL_REPOSITORY_MODEL_FOLDER_H_
