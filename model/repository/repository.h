#ifndef ADVAE_MODEL_REPOSITORY_REPOSITORY_H_
#define ADVAE_MODEL_REPOSITORY_REPOSITORY_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "advae/v1/manifest.pb.h"
#include "advae/v1/types.pb.h"
#include "model/repository/deleted_versions.h"
#include "model/repository/model_change.h"
#include "model/repository/model_name.h"
#include "model/repository/staging.h"
#include "model/scoring/version_bundle.h"
#include "model/scoring/version_memory.h"

namespace advae {

// The models on disk:
//
//   <root>/.advae-repository                  says that this is a repository, repository_marker.h
//   <root>/<model>/serving.json               which version serves
//   <root>/<model>/<version>/                 a version bundle, bundle_files.h has its files
//   <root>/<model>/<version>/thresholds.json  threshold history, once one was applied
//   <root>/<model>/<version>.deleted          a deleted version, for releases before .numbers
//   <root>/.deleted/<model>/                  what was deleted and is kept, deleted_versions.h
//   <root>/.numbers/<model>.json              the highest number used, version_numbers.h
//   <root>/.locks/                            locks of models (model_change.h) and staged files
//   <root>/.staging/                          what is not published yet, staging.h
//
// Every change is a rename of something complete and synced: a reader, or a process killed at any
// time, sees all of it or none. Several processes may share a repository; who changes a model holds
// its lock. The number of a version never names another one, also after its deletion and that of
// the model, and in a restored backup (repository_marker.h says in which not).
//
// Thread-safe: holds no state but paths, and the lock of its staged files. All methods block on the
// file system. Errors of all: kUnavailable when the file system refuses (message with path and
// reason), when the volume is not mounted or holds another repository, or when another process
// changes the model for very long; kResourceExhausted when it is full; kInvalidArgument for an
// invalid model name.
class Repository {
 public:
  struct ModelVersions {
    std::string model;
    std::vector<uint64_t> versions;           // ascending, as folders: not yet known to be intact
    std::optional<uint64_t> serving_version;  // as serving.json says; none without it, or damaged
    // Not OK when the model's folder or serving.json cannot be read; the rest is unknown then.
    absl::Status status;
  };

  // What changes when a version's files do.
  struct VersionState {
    std::string manifest_digest;    // the text of manifest.sha256
    std::string thresholds_digest;  // of the text of thresholds.json; empty when there is none

    bool operator==(const VersionState&) const = default;
  };

  // Creates `root` when it does not exist, and its marker. A repository that cannot be written has
  // none and can be read.
  static absl::StatusOr<Repository> Open(std::filesystem::path root);
  // For processes that change nothing, also where they could: creates and writes nothing, not even
  // locks, and refuses what would. kUnavailable also when `root` is no folder.
  static absl::StatusOr<Repository> OpenReadOnly(std::filesystem::path root);
  // The repository whose marker has this id; creates nothing.
  static absl::StatusOr<Repository> OpenExisting(std::filesystem::path root, std::string id);

  const std::filesystem::path& root() const { return root_; }
  // Of its marker; empty when it has none.
  const std::string& id() const { return id_; }

  // kFailedPrecondition when it was opened by OpenReadOnly. So are all methods that change or stage
  // something then.
  absl::Status CheckWritable() const;

  // All models with at least one version, and those that cannot be read, by name. Folders that are
  // no model are passed over.
  absl::StatusOr<std::vector<ModelVersions>> List() const;
  // One model; it has no versions when it does not exist.
  absl::StatusOr<ModelVersions> ListModel(std::string_view model) const;

  // Publishes `bundle` as the next version of the model bundle.info.model; bundle.info.version
  // plays no part. kInvalidArgument also when a name is not UTF-8. After an error nothing is
  // published.
  absl::StatusOr<Published> Publish(const VersionBundle& bundle,
                                    const PublishOptions& options) const;
  // The same, leaving serving.json as it is. Returns the number.
  absl::StatusOr<uint64_t> Publish(const VersionBundle& bundle) const;
  // The version above `above` that a job published, if it did.
  absl::StatusOr<std::optional<v1::VersionInfo>> FindPublished(std::string_view model,
                                                               uint64_t above,
                                                               std::string_view job) const;

  // Reads a version, threshold history included. kNotFound when it does not exist; kDataLoss when
  // a file is missing, truncated or altered, or does not parse (message with file and reason).
  absl::StatusOr<VersionBundle> Load(std::string_view model, uint64_t version) const;
  // What a version's manifest says of it, without the files. Errors as in Load.
  absl::StatusOr<v1::VersionManifest> LoadManifest(std::string_view model, uint64_t version) const;
  // What the version takes when it is loaded, of which only the manifest is read. Errors as in
  // Load.
  absl::StatusOr<VersionMemory> EstimateMemory(std::string_view model, uint64_t version) const;
  // The threshold history in force. Errors as in Load.
  absl::StatusOr<std::vector<v1::ThresholdRecord>> ReadThresholdHistory(std::string_view model,
                                                                        uint64_t version) const;
  // Errors as in Load.
  absl::StatusOr<VersionState> ReadState(std::string_view model, uint64_t version) const;
  // Names, sizes and times of a version's files: as long as it stays the same, so does what Load
  // says of them. Empty when the folder cannot be read.
  std::string Fingerprint(std::string_view model, uint64_t version) const;

  // Waits until nobody else changes the model, which need not exist, and keeps others from it.
  absl::StatusOr<ModelChange> Change(std::string_view model) const;
  // Each of these is a Change of its own, and does what its namesake there does.
  absl::Status AppendThreshold(std::string_view model, uint64_t version,
                               const v1::ThresholdRecord& record) const;
  absl::Status SetServingVersion(std::string_view model, uint64_t version) const;
  absl::Status DeleteVersion(std::string_view model, uint64_t version,
                             const Deletion& deletion = {}) const;
  absl::Status DeleteModel(std::string_view model, const Deletion& deletion = {}) const;
  absl::StatusOr<std::vector<uint64_t>> Undelete(std::string_view model,
                                                 std::optional<uint64_t> version) const;

  // The deleted versions of a model that are kept, or of all models when the name is empty: by
  // model, the latest deletion first.
  absl::StatusOr<std::vector<DeletedVersion>> ListDeleted(std::string_view model) const;
  // Removes the deletions of all models that are no longer kept at `now`; nothing from a repository
  // that is only read. What cannot be removed does not keep the rest from it; the first error is
  // returned.
  absl::Status RemoveExcessDeletions(const KeptDeletions& keep, absl::Time now) const;

  // Makes sure that no later version gets a number up to this one, which a server remembers.
  absl::Status RecordNumber(std::string_view model, uint64_t number) const;

  // A new, empty folder below .staging for files that a job needs until it ends.
  absl::StatusOr<std::filesystem::path> CreateStagingFolder() const;
  // Removes what killed processes left in .staging; nothing from a repository that is only read.
  absl::Status RemoveStaleStaging() const;

 private:
  Repository(std::filesystem::path root, std::string id)
      : root_(std::move(root)), id_(std::move(id)), staging_(root_) {}

  // kUnavailable when the marker is not there or is that of another repository.
  absl::Status CheckMarker() const;
  absl::StatusOr<v1::RepositoryMarker> MarkerForChange() const;

  std::filesystem::path root_;
  std::string id_;
  bool read_only_ = false;
  StagingArea staging_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_REPOSITORY_REPOSITORY_H_
