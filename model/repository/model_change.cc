#include "model/repository/model_change.h"

#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "model/base/error_subject.h"
#include "model/base/file_io.h"
#include "model/base/json_file.h"
#include "model/base/status_macros.h"
#include "model/repository/bundle_files.h"
#include "model/repository/model_name.h"
#include "model/repository/repository_marker.h"

namespace advae {
namespace {

namespace fs = std::filesystem;

// Beside the first, of which a version is made. A history is written anew with each record.
constexpr int kKeptThresholds = 1000;

absl::Status NoSuchModel(std::string_view model) {
  return About(absl::NotFoundError(absl::StrCat("there is no model '", std::string(model), "'")),
               {.model = std::string(model)});
}

absl::StatusOr<bool> Serves(Serving serving, const ModelFolder& folder) {
  if (serving != Serving::kIfNoneServes) return serving == Serving::kAlways;
  ADVAE_ASSIGN_OR_RETURN(const std::optional<uint64_t> chosen, folder.ReadServingVersion());
  return !chosen;
}

absl::Status WriteServingVersion(const StagingArea& staging, uint64_t version,
                                 const fs::path& path) {
  v1::ServingVersion serving;
  serving.set_version(version);
  return staging.ReplaceJson(serving, path);
}

}  // namespace

absl::Status CheckModel(const fs::path& root, std::string_view model) {
  ADVAE_RETURN_IF_ERROR(AtField(ValidateModelName(model), "model"));
  absl::Status status = CheckFolder(root / model);
  return absl::IsNotFound(status) ? NoSuchModel(model) : status;
}

absl::StatusOr<ModelFolder> FindVersion(const fs::path& root, std::string_view model,
                                        uint64_t version) {
  ADVAE_RETURN_IF_ERROR(AtField(ValidateModelName(model), "model"));
  ModelFolder folder(root / model);
  std::error_code error;
  if (version != 0 && fs::is_directory(folder.VersionPath(version), error)) return folder;
  if (error && error != std::errc::no_such_file_or_directory) {
    return FileError("open", folder.VersionPath(version), error.value());
  }
  ADVAE_RETURN_IF_ERROR(CheckModel(root, model));
  return About(absl::NotFoundError(
                   absl::StrCat("model '", std::string(model), "' has no version ", version)),
               {.model = std::string(model), .version = version});
}

ModelChange::ModelChange(fs::path root, std::string model, StagingArea staging,
                         v1::RepositoryMarker marker, FileLock lock)
    : root_(std::move(root)),
      model_(std::move(model)),
      staging_(std::move(staging)),
      folder_(root_ / model_),
      deleted_(root_, model_),
      numbers_(root_),
      marker_(std::move(marker)),
      lock_(std::move(lock)) {}

absl::StatusOr<uint64_t> ModelChange::NextNumber(uint64_t above) const {
  absl::StatusOr<uint64_t> recorded = numbers_.Highest(model_);
  // What was recorded is lost, but it was not more than this.
  if (absl::IsDataLoss(recorded.status())) recorded = HighestPossible(marker_, absl::Now());
  if (!recorded.ok()) return recorded.status();
  ADVAE_ASSIGN_OR_RETURN(const uint64_t present, folder_.HighestVersion());
  const uint64_t highest = std::max({*recorded, present, marker_.floor(), above});
  if (highest < kMaxVersion) return highest + 1;
  return absl::UnavailableError(
      absl::StrCat(folder_.path().string(), ": no number is left after version ", highest));
}

absl::StatusOr<Published> ModelChange::Publish(const fs::path& staged, v1::VersionManifest manifest,
                                               const PublishOptions& options) {
  manifest.set_job(options.job);
  while (true) {
    ADVAE_ASSIGN_OR_RETURN(const uint64_t version, NextNumber(options.above));
    manifest.mutable_info()->set_version(version);
    absl::Status status = WriteManifest(staged, manifest);
    status.Update(SyncFolder(staged));
    status.Update(CreateFolder(folder_.path()));
    // What becomes serving.json is written before anybody sees the version, or not at all.
    std::optional<fs::path> serving;
    const absl::Cleanup remove_serving = [&] {
      if (serving) RemoveAll(*serving).IgnoreError();
    };
    const absl::StatusOr<bool> serves = Serves(options.serving, folder_);
    status.Update(serves.status());
    if (status.ok() && *serves) {
      const absl::StatusOr<fs::path> path = staging_.NewPath();
      status = path.status();
      if (path.ok()) serving = *path;
      if (path.ok()) status = WriteServingVersion(staging_, version, *path);
    }
    if (status.ok()) status = RecordNumber(version);
    if (!status.ok()) return NotFoundAsUnavailable(status);

    status = Rename(staged, folder_.VersionPath(version));
    // A release that knows no locks has taken the number, or the model's folder: once more.
    if (absl::IsAlreadyExists(status) || absl::IsNotFound(status)) continue;
    if (!status.ok()) return status;
    return Published{.version = version, .aftermath = FinishPublication(serving)};
  }
}

absl::Status ModelChange::FinishPublication(const std::optional<fs::path>& serving) {
  absl::Status status;
  if (serving) status = Rename(*serving, folder_.ServingPath());
  status.Update(SyncFolder(folder_.path()));
  status.Update(SyncFolder(root_));
  return status;
}

absl::Status ModelChange::RecordNumber(uint64_t number) {
  return numbers_.Record(staging_, model_, number, HighestPossible(marker_, absl::Now()));
}

absl::Status ModelChange::SetServingVersion(uint64_t version) {
  ADVAE_RETURN_IF_ERROR(FindVersion(root_, model_, version).status());
  return WriteServingVersion(staging_, version, folder_.ServingPath());
}

absl::Status ModelChange::AppendThreshold(uint64_t version, const v1::ThresholdRecord& record) {
  ADVAE_RETURN_IF_ERROR(FindVersion(root_, model_, version).status());
  ADVAE_ASSIGN_OR_RETURN(const std::vector<v1::ThresholdRecord> known,
                         folder_.ReadThresholdHistory(version));
  v1::ThresholdHistory history;
  history.mutable_records()->Add(known.begin(), known.end());
  *history.add_records() = record;
  if (const int excess = history.records_size() - 1 - kKeptThresholds; excess > 0) {
    history.mutable_records()->DeleteSubrange(1, excess);
  }
  return staging_.ReplaceJson(history, folder_.ThresholdsPath(version));
}

absl::Status ModelChange::DeleteVersion(uint64_t version, const Deletion& deletion) {
  absl::Status status = FindVersion(root_, model_, version).status();
  if (status.ok()) status = MoveVersionAway(version, deletion);
  return deletion.permanently ? RemoveKept(status, version) : status;
}

absl::Status ModelChange::MoveVersionAway(uint64_t version, const Deletion& deletion) {
  ADVAE_ASSIGN_OR_RETURN(const std::optional<uint64_t> serving, folder_.ReadServingVersion());
  if (serving == version) {
    return About(absl::FailedPreconditionError(absl::StrCat(
                     "version ", version, " of model '", model_,
                     "' is the serving version; set another one first, or delete the model")),
                 {.model = model_, .version = version});
  }
  absl::Status status = RecordNumber(version);
  // For releases that know no recorded numbers.
  if (status.ok()) status = WriteFileSynced(folder_.DeletedMarkPath(version), "");
  if (status.ok()) status = SyncFolder(folder_.path());
  if (!status.ok()) return status;
  const fs::path folder = folder_.VersionPath(version);
  if (deletion.permanently) return MoveAwayAndRemove(folder);
  return deleted_.KeepVersion(folder, version, deletion.time);
}

absl::Status ModelChange::DeleteModel(const Deletion& deletion) {
  absl::Status status = CheckModel(root_, model_);
  if (status.ok()) status = MoveModelAway(deletion);
  return deletion.permanently ? RemoveKept(status, std::nullopt) : status;
}

absl::Status ModelChange::MoveModelAway(const Deletion& deletion) {
  ADVAE_ASSIGN_OR_RETURN(const uint64_t next, NextNumber(0));
  ADVAE_RETURN_IF_ERROR(RecordNumber(next - 1));
  if (deletion.permanently) return MoveAwayAndRemove(folder_.path());
  return deleted_.KeepModel(folder_.path(), deletion.time);
}

absl::Status ModelChange::MoveAwayAndRemove(const fs::path& path) {
  ADVAE_ASSIGN_OR_RETURN(const fs::path staged, staging_.NewPath());
  ADVAE_RETURN_IF_ERROR(Rename(path, staged));
  // It is gone now. What cannot be removed is, when a server next cleans the staging folder.
  RemoveAll(staged).IgnoreError();
  return SyncFolder(path.parent_path());
}

absl::Status ModelChange::RemoveKept(const absl::Status& status, std::optional<uint64_t> version) {
  if (!status.ok() && !absl::IsNotFound(status)) return status;
  const absl::StatusOr<std::vector<DeletedVersion>> kept = deleted_.Find(version);
  if (absl::IsNotFound(kept.status())) return status;
  if (!kept.ok()) return kept.status();
  if (!version) return RemoveExcess({.age = absl::ZeroDuration()}, absl::InfiniteFuture());
  for (const DeletedVersion& each : *kept) {
    if (absl::Status removed = MoveAwayAndRemove(each.path); !removed.ok()) return removed;
  }
  deleted_.RemoveIfEmpty();
  return absl::OkStatus();
}

absl::StatusOr<std::vector<uint64_t>> ModelChange::Undelete(std::optional<uint64_t> version) {
  ADVAE_ASSIGN_OR_RETURN(std::vector<DeletedVersion> kept, deleted_.Find(version));
  ADVAE_RETURN_IF_ERROR(NotFoundAsUnavailable(CreateFolder(folder_.path())));
  ADVAE_ASSIGN_OR_RETURN(const std::optional<uint64_t> serving, ServingVersionFor(kept));
  if (serving) {
    ADVAE_RETURN_IF_ERROR(WriteServingVersion(staging_, *serving, folder_.ServingPath()));
    // First, so that no other one serves meanwhile.
    std::stable_partition(kept.begin(), kept.end(),
                          [&](const auto& each) { return each.version == *serving; });
  }
  std::vector<uint64_t> restored;
  for (const DeletedVersion& each : kept) {
    const absl::Status status = Rename(each.path, folder_.VersionPath(each.version));
    if (absl::IsAlreadyExists(status)) continue;
    if (!status.ok()) return NotFoundAsUnavailable(status);
    RemoveAll(folder_.DeletedMarkPath(each.version)).IgnoreError();
    restored.push_back(each.version);
  }
  ADVAE_RETURN_IF_ERROR(SyncFolder(folder_.path()));
  ADVAE_RETURN_IF_ERROR(SyncFolder(root_));
  deleted_.RemoveIfEmpty();
  if (restored.empty()) {
    return About(absl::FailedPreconditionError(absl::StrCat(
                     "model '", model_, "' has versions of the numbers that would be restored")),
                 {.model = model_, .version = version});
  }
  std::ranges::sort(restored);
  return restored;
}

absl::StatusOr<std::optional<uint64_t>> ModelChange::ServingVersionFor(
    const std::vector<DeletedVersion>& kept) const {
  ADVAE_ASSIGN_OR_RETURN(const std::optional<uint64_t> chosen, folder_.ReadServingVersion());
  if (chosen) return std::optional<uint64_t>();
  ADVAE_ASSIGN_OR_RETURN(const std::vector<uint64_t> present, folder_.ListVersions());
  if (!present.empty()) return std::optional(present.back());  // as without serving.json
  for (const DeletedVersion& each : kept) {
    // Of the model, if that was deleted with the version.
    ADVAE_ASSIGN_OR_RETURN(const std::optional<uint64_t> serving,
                           ModelFolder(each.path.parent_path()).ReadServingVersion());
    if (serving && std::ranges::find(kept, *serving, &DeletedVersion::version) != kept.end()) {
      return serving;
    }
  }
  return std::optional<uint64_t>();
}

absl::Status ModelChange::RemoveExcess(const KeptDeletions& keep, absl::Time now) {
  ADVAE_ASSIGN_OR_RETURN(const std::vector<fs::path> excess, deleted_.Excess(keep, now));
  absl::Status result;
  for (const fs::path& path : excess) result.Update(MoveAwayAndRemove(path));
  deleted_.RemoveIfEmpty();
  return result;
}

}  // namespace advae
