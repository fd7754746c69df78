#ifndef ADVAE_MODEL_REPOSITORY_MODEL_CHANGE_H_
#define ADVAE_MODEL_REPOSITORY_MODEL_CHANGE_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "advae/v1/manifest.pb.h"
#include "advae/v1/types.pb.h"
#include "model/base/file_lock.h"
#include "model/repository/model_folder.h"
#include "model/repository/staging.h"
#include "model/repository/version_numbers.h"

namespace advae {

// Whether a version serves as soon as it is published.
enum class Serving {
  kUnchanged,     // serving.json stays as it is
  kIfNoneServes,  // unless serving.json names a version
  kAlways,
};

struct PublishOptions {
  // The number is above this, and above all that the repository knows of.
  uint64_t above = 0;
  Serving serving = Serving::kUnchanged;
  // Kept in the manifest; FindPublished finds the version by it. Empty for none.
  std::string job = {};
};

struct Published {
  uint64_t version = 0;
  // Not OK when something went wrong after the version was published: it could not be made the
  // serving one, or may be lost if the machine crashes now.
  absl::Status aftermath;
};

// The right to change one model, which one thread of one process has at a time, whatever server or
// trainer it belongs to: as long as it lives, what it reads of the model stays so.
// Repository::Change makes it. Not thread-safe. Errors as in Repository.
class ModelChange {
 public:
  ModelChange(std::filesystem::path root, std::string model, StagingArea staging,
              const v1::RepositoryMarker& marker, FileLock lock);

  // Makes the staged folder, which has the files that the manifest names, the next version. The
  // manifest's version is filled in here.
  absl::StatusOr<Published> Publish(const std::filesystem::path& staged,
                                    v1::VersionManifest manifest, const PublishOptions& options);

  // Records that numbers up to this one have been used.
  absl::Status RecordNumber(uint64_t number);

  // kNotFound when the version does not exist.
  absl::Status SetServingVersion(uint64_t version);
  // Of the history stay the first record and the latest 1000.
  absl::Status AppendThreshold(uint64_t version, const v1::ThresholdRecord& record);

  // kNotFound when it does not exist, kFailedPrecondition when serving.json names it.
  absl::Status DeleteVersion(uint64_t version);
  // Its numbers stay used. kNotFound when it does not exist.
  absl::Status DeleteModel();

 private:
  absl::StatusOr<uint64_t> NextNumber(uint64_t above) const;
  // What follows the publication; `serving` becomes serving.json.
  absl::Status FinishPublication(const std::optional<std::filesystem::path>& serving);
  // Moves `path` to .staging, and so out of sight at once, and removes it there.
  absl::Status MoveAwayAndRemove(const std::filesystem::path& path);

  std::filesystem::path root_;
  std::string model_;
  StagingArea staging_;
  ModelFolder folder_;
  VersionNumbers numbers_;
  v1::RepositoryMarker marker_;
  FileLock lock_;
};

// kNotFound unless the model has a folder; kInvalidArgument.
absl::Status CheckModel(const std::filesystem::path& root, std::string_view model);

// The folder of an existing version. kNotFound or kInvalidArgument.
absl::StatusOr<ModelFolder> FindVersion(const std::filesystem::path& root, std::string_view model,
                                        uint64_t version);

}  // namespace advae

#endif  // ADVAE_MODEL_REPOSITORY_MODEL_CHANGE_H_
