#ifndef ADVAE_MODEL_SCORING_REPOSITORY_H_
#define ADVAE_MODEL_SCORING_REPOSITORY_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "advae/v1/types.pb.h"
#include "model/scoring/staging.h"
#include "model/scoring/version_bundle.h"

namespace advae {

// kInvalidArgument unless `name` has 1 to 64 characters, all of them letters, digits, '_', '-' or
// '.', and starts with a letter or digit. Such a name is safe as a folder and as a metric label.
absl::Status ValidateModelName(std::string_view name);

// The models on disk:
//
//   <root>/<model>/serving.json               which version serves
//   <root>/<model>/<version>/                 a version bundle, bundle_files.h has its files
//   <root>/<model>/<version>/thresholds.json  threshold history, once one was applied
//   <root>/<model>/<version>.deleted          keeps the number of a deleted version from being used
//                                             again, as long as the model exists
//   <root>/.staging/                          what is not published yet, staging.h
//
// Every change is a rename of something complete and synced: a reader, or a process killed at any
// time, sees all of it or none. Several processes may share a repository; concurrent publications
// get different version numbers.
//
// Thread-safe: holds no state but the path. All methods block on the file system. Errors of all:
// kUnavailable when the file system refuses (message with path and reason), kResourceExhausted
// when it is full, kInvalidArgument for an invalid model name.
class Repository {
 public:
  struct ModelVersions {
    std::string model;
    std::vector<uint64_t> versions;           // ascending, as folders: not yet known to be intact
    std::optional<uint64_t> serving_version;  // as serving.json says, when it is there and readable
  };

  // Creates `root` when it does not exist.
  static absl::StatusOr<Repository> Open(std::filesystem::path root);

  const std::filesystem::path& root() const { return root_; }

  // All models with at least one version, by name. Folders that are no model are passed over.
  absl::StatusOr<std::vector<ModelVersions>> List() const;
  // One model; it has no versions when it does not exist.
  absl::StatusOr<ModelVersions> ListModel(std::string_view model) const;

  // Publishes `bundle` as the next version of the model bundle.info.model and returns that number;
  // bundle.info.version plays no part. kInvalidArgument also when a name is not UTF-8.
  absl::StatusOr<uint64_t> Publish(const VersionBundle& bundle) const;

  // Reads a version, threshold history included. kNotFound when it does not exist; kDataLoss when
  // a file is missing, truncated or altered, or does not parse (message with file and reason).
  absl::StatusOr<VersionBundle> Load(std::string_view model, uint64_t version) const;

  // The threshold history in force. Errors as in Load.
  absl::StatusOr<std::vector<v1::ThresholdRecord>> ReadThresholdHistory(std::string_view model,
                                                                        uint64_t version) const;
  // Replaces the history. kNotFound when the version does not exist, kInvalidArgument when
  // `history` is empty.
  absl::Status WriteThresholdHistory(std::string_view model, uint64_t version,
                                     const std::vector<v1::ThresholdRecord>& history) const;
  // kNotFound when the version does not exist.
  absl::Status SetServingVersion(std::string_view model, uint64_t version) const;

  // kNotFound when it does not exist. A killed deletion leaves no half version or model: what it
  // was removing is in .staging.
  absl::Status DeleteVersion(std::string_view model, uint64_t version) const;
  // The same for the whole model. A later model of this name starts at version 1 again.
  absl::Status DeleteModel(std::string_view model) const;

  // A new, empty folder below .staging for files that a job needs until it ends.
  absl::StatusOr<std::filesystem::path> CreateStagingFolder() const;
  // Removes what killed processes left in .staging. Leaves alone what a living process of this
  // machine made, or what changed within the last day.
  absl::Status RemoveStaleStaging() const;

 private:
  explicit Repository(std::filesystem::path root)
      : root_(std::move(root)), staging_(root_ / ".staging") {}

  std::filesystem::path root_;
  StagingArea staging_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_SCORING_REPOSITORY_H_
