#ifndef ADVAE_SERVER_MODELS_MODEL_TABLE_H_
#define ADVAE_SERVER_MODELS_MODEL_TABLE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "model/repository/repository.h"
#include "model/scoring/loaded_version.h"
#include "server/history/model_history.h"
#include "server/metrics/metrics.h"
#include "server/metrics/version_statistics.h"
#include "server/models/model_state.h"
#include "server/models/seen_numbers.h"
#include "server/models/version_files.h"
#include "server/models/version_room.h"

namespace advae {

// What a score request works with. Holding it keeps the version alive, even when it is deleted.
struct FoundVersion {
  std::shared_ptr<const LoadedVersion> loaded;
  std::shared_ptr<VersionStatistics> statistics;
  std::shared_ptr<ModelMetrics> metrics;
  std::shared_ptr<ModelHistory> history;  // null when none is kept
};

// The models that this server holds in memory, kept equal to a repository. All versions are
// loaded that there is room for; the others are left out (VersionRoom). Look-ups never wait for the
// disk; changes go to the repository first and are done one at a time, each at a cost that depends
// on the one model alone. Thread-safe.
class ModelTable {
 public:
  // Empty until the first Sync. `metrics` and `histories`, null when none are kept, outlive the
  // table.
  ModelTable(Repository repository, Metrics& metrics, ModelMemoryLimit budget = {},
             const Histories* histories = nullptr);

  const Repository& repository() const { return repository_; }

  // Takes over what has changed in the repository, whoever changed it: what its files say, not its
  // numbers. A version that cannot be loaded is logged, counted and skipped; a damaged one is tried
  // again when its files have changed. What was loaded stays when its files cannot be read. Errors:
  // the repository cannot be read; nothing has changed then.
  absl::Status Sync() ABSL_LOCKS_EXCLUDED(change_mutex_, mutex_);
  // The same for one model, for callers that know what has changed. Errors: the model's folder
  // cannot be read; kInvalidArgument when its name is not valid.
  absl::Status SyncModel(std::string_view model) ABSL_LOCKS_EXCLUDED(change_mutex_, mutex_);

  // The given version, by default the serving one. kInvalidArgument when the model's name is not
  // valid, kNotFound when there is no such model or version, kFailedPrecondition when it is left
  // out.
  absl::StatusOr<FoundVersion> Find(std::string_view model, std::optional<uint64_t> version) const;

  // kInvalidArgument when the name is not valid, kNotFound when there is no such model,
  // kFailedPrecondition when all its versions are left out.
  absl::StatusOr<ModelState> Get(std::string_view model) const;
  // The versions of the model that are left out, and why.
  std::map<uint64_t, std::string> LeftOut(std::string_view model) const ABSL_LOCKS_EXCLUDED(mutex_);
  // The highest number of a version that this server has seen of the model, now or before; 0 for
  // none.
  uint64_t HighestVersion(std::string_view model) const { return numbers_.Highest(model); }
  // By name.
  std::vector<std::shared_ptr<const ModelState>> List() const;

  // What the versions that `name` made (VersionInfo.created_by) take of the repository as of the
  // last sync, those that are left out included and damaged ones not. Nothing for an empty name.
  StoredUse StoredBy(std::string_view name) const ABSL_LOCKS_EXCLUDED(mutex_);

  const ModelMemoryLimit& budget() const { return budget_; }
  // What the versions that serve take of it.
  MemoryUse ServingMemory() const ABSL_LOCKS_EXCLUDED(mutex_);

  // Make the change in the repository, then here. Errors: kNotFound; those of the repository, such
  // as kFailedPrecondition when it is only read. What
  // cannot be loaded can be deleted all the same.
  absl::Status SetServingVersion(std::string_view model, uint64_t version);
  // kFailedPrecondition when the version serves.
  absl::Status DeleteVersion(std::string_view model, uint64_t version,
                             const Deletion& deletion = {});
  absl::Status DeleteModel(std::string_view model, const Deletion& deletion = {});
  // As of ModelChange.
  absl::StatusOr<std::vector<uint64_t>> Undelete(std::string_view model,
                                                 std::optional<uint64_t> version);
  // Adds a record to the version's threshold history.
  absl::Status ApplyThreshold(std::string_view model, uint64_t version,
                              const v1::ThresholdRecord& record);

 private:
  using Models = std::map<std::string, std::shared_ptr<const ModelState>, std::less<>>;

  // Null when there is no such model.
  std::shared_ptr<const ModelState> Known(std::string_view model) const ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status SyncModelLocked(std::string_view model) ABSL_EXCLUSIVE_LOCKS_REQUIRED(change_mutex_);
  // Tells room_ what the repository has of a model.
  void UpdateRoom(Repository::ModelVersions stored) ABSL_EXCLUSIVE_LOCKS_REQUIRED(change_mutex_);
  // Decides anew which versions are left out, gives up those among them that are loaded, and counts
  // what is stored.
  void MakeRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(change_mutex_) ABSL_LOCKS_EXCLUDED(mutex_);
  // The status for who asks for a version, or without one for the model, that is not loaded:
  // `unknown` unless it is left out.
  absl::Status NotLoaded(std::string_view model, std::optional<uint64_t> version,
                         absl::Status unknown) const ABSL_LOCKS_EXCLUDED(mutex_);
  // The model as the repository has it, taking what is known from `known` (may be null); null when
  // no version can be loaded.
  std::shared_ptr<const ModelState> Load(const Repository::ModelVersions& stored,
                                         const ModelState* known)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(change_mutex_);
  // Null when the version cannot be loaded.
  std::shared_ptr<const LoadedVersion> LoadVersion(const std::string& model, uint64_t version)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(change_mutex_);
  // `known` as the repository has it now.
  std::shared_ptr<const LoadedVersion> Refresh(const std::shared_ptr<const LoadedVersion>& known)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(change_mutex_);
  // Sets the metric of the versions that cannot be read.
  void SetUnreadableVersions() ABSL_EXCLUSIVE_LOCKS_REQUIRED(change_mutex_);
  // kNotFound unless the repository has the version, loadable or not.
  absl::Status FindOnDisk(std::string_view model, uint64_t version) const;

  const Repository repository_;
  Metrics& metrics_;
  const ModelMemoryLimit budget_;
  const Histories* const histories_;
  SeenNumbers numbers_{repository_};

  absl::Mutex change_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);
  VersionRoom room_ ABSL_GUARDED_BY(change_mutex_){budget_};
  VersionFiles files_ ABSL_GUARDED_BY(change_mutex_){repository_};

  mutable absl::Mutex mutex_;
  Models models_ ABSL_GUARDED_BY(mutex_);
  LeftOutVersions left_out_ ABSL_GUARDED_BY(mutex_);
  MemoryUse serving_memory_ ABSL_GUARDED_BY(mutex_);
  StoredUses stored_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace advae

#endif  // ADVAE_SERVER_MODELS_MODEL_TABLE_H_
