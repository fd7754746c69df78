#ifndef ADVAE_MODEL_REPOSITORY_MODEL_CHANGE_H_
#define ADVAE_MODEL_REPOSITORY_MODEL_CHANGE_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "advae/v1/manifest.pb.h"
#include "advae/v1/types.pb.h"
#include "model/base/file_lock.h"
#include "model/repository/deleted_versions.h"
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
              v1::RepositoryMarker marker, FileLock lock);

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

  // Their numbers stay used. kNotFound when there is nothing to delete, kFailedPrecondition when
  // serving.json names the version.
  absl::Status DeleteVersion(uint64_t version, const Deletion& deletion);
  absl::Status DeleteModel(const Deletion& deletion);

  // Restores a deleted version, or all of the model that are kept, and returns their numbers,
  // ascending. What serves does not change; in a model without versions, serving.json becomes that
  // of the latest deletion whose version is restored. kNotFound when none is kept,
  // kFailedPrecondition when the model has versions of these numbers. After another error, some
  // may be restored.
  absl::StatusOr<std::vector<uint64_t>> Undelete(std::optional<uint64_t> version);
  // Removes the deletions that are no longer kept at `now`.
  absl::Status RemoveExcess(const KeptDeletions& keep, absl::Time now);

 private:
  absl::StatusOr<uint64_t> NextNumber(uint64_t above) const;
  // What follows the publication; `serving` becomes serving.json.
  absl::Status FinishPublication(const std::optional<std::filesystem::path>& serving);
  absl::Status MoveVersionAway(uint64_t version, const Deletion& deletion);
  absl::Status MoveModelAway(const Deletion& deletion);
  // Moves `path` to .staging, and so out of sight at once, and removes it there.
  absl::Status MoveAwayAndRemove(const std::filesystem::path& path);
  // The end of a permanent deletion, which came to `status` so far: removes what is kept of the
  // version, or of the model, which is enough to be deleted.
  absl::Status RemoveKept(const absl::Status& status, std::optional<uint64_t> version);
  // What serving.json has to say, if something new, before `kept` are restored.
  absl::StatusOr<std::optional<uint64_t>> ServingVersionFor(
      const std::vector<DeletedVersion>& kept) const;

  std::filesystem::path root_;
  std::string model_;
  StagingArea staging_;
  ModelFolder folder_;
  DeletedVersions deleted_;
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
