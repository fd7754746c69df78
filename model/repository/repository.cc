#include "model/repository/repository.h"

#include <sys/stat.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "advae/v1/manifest.pb.h"
#include "model/base/error_subject.h"
#include "model/base/file_io.h"
#include "model/base/file_lock.h"
#include "model/base/sha256.h"
#include "model/base/status_macros.h"
#include "model/repository/bundle_files.h"
#include "model/repository/model_folder.h"
#include "model/repository/repository_marker.h"
#include "model/repository/version_numbers.h"

namespace advae {
namespace {

namespace fs = std::filesystem;

constexpr absl::Duration kLockLimit = absl::Seconds(30);

// The highest number that is in use or was, as far as the disk tells.
uint64_t HighestVersion(const fs::path& root) {
  uint64_t highest = VersionNumbers(root).HighestOfAll();
  const auto entries = ListFolder(root);
  if (!entries.ok()) return highest;
  for (const fs::path& entry : *entries) {
    if (!ValidateModelName(entry.filename().string()).ok()) continue;
    highest = std::max(highest, ModelFolder(entry).HighestVersion().value_or(0));
  }
  return highest;
}

// Whether there is something to delete: what was found, or is kept and is to be removed.
absl::Status CheckDeletable(const absl::Status& found, const DeletedVersions& deleted,
                            std::optional<uint64_t> version, const Deletion& deletion) {
  if (!absl::IsNotFound(found) || !deletion.permanently) return found;
  absl::Status kept = deleted.Find(version).status();
  return absl::IsNotFound(kept) ? found : kept;
}

}  // namespace

absl::StatusOr<Repository> Repository::Open(fs::path root) {
  std::error_code error;
  fs::create_directories(root, error);
  if (error) return NotFoundAsUnavailable(FileError("create folder", root, error.value()));
  absl::StatusOr<v1::RepositoryMarker> marker = ReadMarker(root);
  if (!marker.ok()) {
    marker = ReadOrCreateMarker(root, StagingArea(root), HighestVersion(root));
  }
  return Repository(std::move(root), marker.ok() ? marker->id() : "");
}

absl::StatusOr<Repository> Repository::OpenReadOnly(fs::path root) {
  if (absl::Status status = CheckFolder(root); !status.ok()) {
    return absl::UnavailableError(absl::StrCat(root.string(), " is no folder that can be read (",
                                               status.message(),
                                               "); a server that is read-only creates none"));
  }
  // Only what changes a repository needs one.
  const absl::StatusOr<v1::RepositoryMarker> marker = ReadMarker(root);
  Repository repository(std::move(root), marker.ok() ? marker->id() : "");
  repository.read_only_ = true;
  return repository;
}

absl::Status Repository::CheckWritable() const {
  if (!read_only_) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "this server is read-only (--read_only); train, import and change models on one that is not");
}

absl::StatusOr<Repository> Repository::OpenExisting(fs::path root, std::string id) {
  Repository repository(std::move(root), std::move(id));
  ADVAE_RETURN_IF_ERROR(repository.CheckMarker());
  return repository;
}

absl::Status Repository::CheckMarker() const {
  if (id_.empty()) return absl::OkStatus();
  const absl::StatusOr<v1::RepositoryMarker> marker = ReadMarker(root_);
  if (!marker.ok()) return NotFoundAsUnavailable(marker.status());
  if (marker->id() == id_) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat(root_.string(), " has become another repository: its id is ", marker->id(),
                   ", expected ", id_, "; restart the server to use it"));
}

absl::StatusOr<v1::RepositoryMarker> Repository::MarkerForChange() const {
  if (id_.empty()) return ReadOrCreateMarker(root_, staging_, HighestVersion(root_));
  ADVAE_RETURN_IF_ERROR(CheckMarker());
  return ReadMarkerForChange(root_, staging_);
}

absl::StatusOr<std::vector<Repository::ModelVersions>> Repository::List() const {
  const absl::StatusOr<std::vector<fs::path>> entries = ListFolder(root_);
  if (!entries.ok()) return NotFoundAsUnavailable(entries.status());
  std::vector<ModelVersions> models;
  for (const fs::path& entry : *entries) {
    const std::string name = entry.filename().string();
    if (!ValidateModelName(name).ok()) continue;
    absl::Status status = CheckFolder(entry);
    if (absl::IsNotFound(status)) continue;
    ModelVersions model{.model = name, .versions = {}, .serving_version = {}, .status = {}};
    if (status.ok()) {
      const ModelFolder folder(entry);
      absl::StatusOr<std::vector<uint64_t>> versions = folder.ListVersions();
      absl::StatusOr<std::optional<uint64_t>> serving = folder.ReadServingVersion();
      status = versions.status();
      status.Update(serving.status());
      if (versions.ok()) model.versions = *std::move(versions);
      if (serving.ok()) model.serving_version = *serving;
    }
    model.status = std::move(status);
    if (!model.versions.empty() || !model.status.ok()) models.push_back(std::move(model));
  }
  // Last: what was listed before the volume went is not what it had.
  ADVAE_RETURN_IF_ERROR(CheckMarker());
  std::ranges::sort(models, {}, &ModelVersions::model);
  return models;
}

absl::StatusOr<Repository::ModelVersions> Repository::ListModel(std::string_view model) const {
  ADVAE_RETURN_IF_ERROR(AtField(ValidateModelName(model), "model"));
  const fs::path path = root_ / model;
  if (absl::Status status = CheckFolder(path); !status.ok() && !absl::IsNotFound(status)) {
    return status;
  }
  const ModelFolder folder(path);
  ADVAE_ASSIGN_OR_RETURN(std::vector<uint64_t> versions, folder.ListVersions());
  ADVAE_ASSIGN_OR_RETURN(const std::optional<uint64_t> serving, folder.ReadServingVersion());
  ADVAE_RETURN_IF_ERROR(CheckMarker());
  return ModelVersions{.model = std::string(model),
                       .versions = std::move(versions),
                       .serving_version = serving,
                       .status = {}};
}

absl::StatusOr<Published> Repository::Publish(const VersionBundle& bundle,
                                              const PublishOptions& options) const {
  ADVAE_RETURN_IF_ERROR(ValidateModelName(bundle.info.model()));
  ADVAE_ASSIGN_OR_RETURN(const fs::path staged, CreateStagingFolder());
  const absl::Cleanup remove_staged = [&] { RemoveAll(staged).IgnoreError(); };
  const absl::StatusOr<std::vector<v1::BundleFile>> files = WriteTensorFiles(staged, bundle);
  if (!files.ok()) return NotFoundAsUnavailable(files.status());
  v1::VersionManifest manifest;
  manifest.set_format(BundleFormat(bundle));
  *manifest.mutable_info() = bundle.info;
  manifest.mutable_files()->Add(files->begin(), files->end());
  ADVAE_ASSIGN_OR_RETURN(ModelChange change, Change(bundle.info.model()));
  return change.Publish(staged, std::move(manifest), options);
}

absl::StatusOr<uint64_t> Repository::Publish(const VersionBundle& bundle) const {
  ADVAE_ASSIGN_OR_RETURN(const Published published, Publish(bundle, {}));
  if (!published.aftermath.ok()) return published.aftermath;
  return published.version;
}

absl::StatusOr<std::optional<v1::VersionInfo>> Repository::FindPublished(
    std::string_view model, uint64_t above, std::string_view job) const {
  ADVAE_ASSIGN_OR_RETURN(const ModelVersions listed, ListModel(model));
  const ModelFolder folder(root_ / model);
  for (const uint64_t version : listed.versions) {
    if (version <= above) continue;
    const absl::StatusOr<v1::VersionManifest> manifest = ReadManifest(folder.VersionPath(version));
    if (!manifest.ok() || manifest->job() != job) continue;
    return std::optional(manifest->info());
  }
  return std::optional<v1::VersionInfo>();
}

absl::StatusOr<VersionBundle> Repository::Load(std::string_view model, uint64_t version) const {
  ADVAE_ASSIGN_OR_RETURN(const ModelFolder folder, FindVersion(root_, model, version));
  const fs::path path = folder.VersionPath(version);
  absl::StatusOr<VersionBundle> bundle = ReadBundle(path);
  if (!bundle.ok()) {
    // Files that vanish because the version is being deleted are no loss of data.
    const absl::Status still_there = FindVersion(root_, model, version).status();
    return still_there.ok() ? bundle.status() : still_there;
  }
  v1::VersionInfo& info = bundle->info;
  if (info.model() != model || info.version() != version) {
    return absl::DataLossError(absl::StrCat(path.string(), ": the manifest is that of version ",
                                            info.version(), " of model '", info.model(), "'"));
  }
  absl::StatusOr<v1::ThresholdHistory> applied = folder.ReadAppliedThresholds(version);
  if (applied.ok()) {
    info.mutable_threshold_history()->Swap(applied->mutable_records());
  } else if (!absl::IsNotFound(applied.status())) {
    return applied.status();
  }
  return bundle;
}

absl::StatusOr<v1::VersionManifest> Repository::LoadManifest(std::string_view model,
                                                             uint64_t version) const {
  ADVAE_ASSIGN_OR_RETURN(const ModelFolder folder, FindVersion(root_, model, version));
  return ReadManifest(folder.VersionPath(version));
}

absl::StatusOr<VersionMemory> Repository::EstimateMemory(std::string_view model,
                                                         uint64_t version) const {
  ADVAE_ASSIGN_OR_RETURN(const v1::VersionManifest manifest, LoadManifest(model, version));
  return EstimateVersionMemory(manifest);
}

absl::StatusOr<std::vector<v1::ThresholdRecord>> Repository::ReadThresholdHistory(
    std::string_view model, uint64_t version) const {
  ADVAE_ASSIGN_OR_RETURN(const ModelFolder folder, FindVersion(root_, model, version));
  return folder.ReadThresholdHistory(version);
}

absl::StatusOr<Repository::VersionState> Repository::ReadState(std::string_view model,
                                                               uint64_t version) const {
  const ModelFolder folder(root_ / model);
  ADVAE_ASSIGN_OR_RETURN(std::string digest, ReadManifestDigest(folder.VersionPath(version)));
  absl::StatusOr<std::string> thresholds =
      ReadFile(folder.ThresholdsPath(version), kMaxSmallFileBytes);
  if (!thresholds.ok() && !absl::IsNotFound(thresholds.status())) return thresholds.status();
  return VersionState{
      .manifest_digest = std::move(digest),
      .thresholds_digest = thresholds.ok() ? Sha256Hex(*thresholds) : std::string()};
}

std::string Repository::Fingerprint(std::string_view model, uint64_t version) const {
  const auto entries = ListFolder(ModelFolder(root_ / model).VersionPath(version));
  if (!entries.ok()) return "";
  std::vector<std::string> files;
  for (const fs::path& entry : *entries) {
    struct stat status = {};
    stat(entry.c_str(), &status);  // zeros for what vanishes
    files.push_back(absl::StrCat(entry.filename().string(), " ", status.st_ino, " ", status.st_size,
                                 " ", status.st_ctim.tv_sec, ".", status.st_ctim.tv_nsec, "\n"));
  }
  std::ranges::sort(files);
  return absl::StrCat("files:\n", absl::StrJoin(files, ""));
}

absl::StatusOr<ModelChange> Repository::Change(std::string_view model) const {
  ADVAE_RETURN_IF_ERROR(CheckWritable());
  ADVAE_RETURN_IF_ERROR(AtField(ValidateModelName(model), "model"));
  const absl::StatusOr<v1::RepositoryMarker> marker = MarkerForChange();
  if (!marker.ok()) return NotFoundAsUnavailable(marker.status());
  const fs::path locks = root_ / ".locks";
  if (absl::Status status = CreateFolder(locks); !status.ok()) return NotFoundAsUnavailable(status);
  absl::StatusOr<FileLock> lock = FileLock::Acquire(locks / model, kLockLimit);
  if (!lock.ok()) return NotFoundAsUnavailable(lock.status());
  return ModelChange(root_, std::string(model), staging_, *marker, *std::move(lock));
}

absl::Status Repository::AppendThreshold(std::string_view model, uint64_t version,
                                         const v1::ThresholdRecord& record) const {
  // First, so that a request for any name makes no lock.
  ADVAE_RETURN_IF_ERROR(FindVersion(root_, model, version).status());
  absl::StatusOr<ModelChange> change = Change(model);
  return change.ok() ? change->AppendThreshold(version, record) : change.status();
}

absl::Status Repository::SetServingVersion(std::string_view model, uint64_t version) const {
  ADVAE_RETURN_IF_ERROR(FindVersion(root_, model, version).status());
  absl::StatusOr<ModelChange> change = Change(model);
  return change.ok() ? change->SetServingVersion(version) : change.status();
}

absl::Status Repository::DeleteVersion(std::string_view model, uint64_t version,
                                       const Deletion& deletion) const {
  ADVAE_RETURN_IF_ERROR(CheckDeletable(FindVersion(root_, model, version).status(),
                                       DeletedVersions(root_, model), version, deletion));
  absl::StatusOr<ModelChange> change = Change(model);
  return change.ok() ? change->DeleteVersion(version, deletion) : change.status();
}

absl::Status Repository::DeleteModel(std::string_view model, const Deletion& deletion) const {
  ADVAE_RETURN_IF_ERROR(CheckDeletable(CheckModel(root_, model), DeletedVersions(root_, model),
                                       std::nullopt, deletion));
  absl::StatusOr<ModelChange> change = Change(model);
  return change.ok() ? change->DeleteModel(deletion) : change.status();
}

absl::StatusOr<std::vector<uint64_t>> Repository::Undelete(std::string_view model,
                                                           std::optional<uint64_t> version) const {
  ADVAE_RETURN_IF_ERROR(AtField(ValidateModelName(model), "model"));
  ADVAE_RETURN_IF_ERROR(DeletedVersions(root_, model).Find(version).status());
  ADVAE_ASSIGN_OR_RETURN(ModelChange change, Change(model));
  return change.Undelete(version);
}

absl::StatusOr<std::vector<DeletedVersion>> Repository::ListDeleted(std::string_view model) const {
  if (!model.empty()) {
    ADVAE_RETURN_IF_ERROR(AtField(ValidateModelName(model), "model"));
    return DeletedVersions(root_, model).List();
  }
  ADVAE_ASSIGN_OR_RETURN(const std::vector<std::string> models, ModelsWithDeletions(root_));
  std::vector<DeletedVersion> all;
  for (const std::string& each : models) {
    const absl::StatusOr<std::vector<DeletedVersion>> versions =
        DeletedVersions(root_, each).List();
    if (versions.ok()) all.insert(all.end(), versions->begin(), versions->end());
  }
  return all;
}

absl::Status Repository::RemoveExcessDeletions(const KeptDeletions& keep, absl::Time now) const {
  if (read_only_) return absl::OkStatus();
  ADVAE_ASSIGN_OR_RETURN(const std::vector<std::string> models, ModelsWithDeletions(root_));
  absl::Status result;
  for (const std::string& model : models) {
    const absl::StatusOr<std::vector<fs::path>> excess =
        DeletedVersions(root_, model).Excess(keep, now);
    result.Update(excess.status());
    if (!excess.ok() || excess->empty()) continue;
    absl::StatusOr<ModelChange> change = Change(model);
    result.Update(change.ok() ? change->RemoveExcess(keep, now) : change.status());
  }
  return result;
}

absl::Status Repository::RecordNumber(std::string_view model, uint64_t number) const {
  const absl::StatusOr<uint64_t> highest = VersionNumbers(root_).Highest(model);
  if (highest.ok() && *highest >= number) return absl::OkStatus();
  absl::StatusOr<ModelChange> change = Change(model);
  return change.ok() ? change->RecordNumber(number) : change.status();
}

absl::StatusOr<fs::path> Repository::CreateStagingFolder() const {
  ADVAE_RETURN_IF_ERROR(CheckWritable());
  ADVAE_RETURN_IF_ERROR(CheckMarker());
  absl::StatusOr<fs::path> folder = staging_.NewFolder();
  if (!folder.ok()) return NotFoundAsUnavailable(folder.status());
  return folder;
}

absl::Status Repository::RemoveStaleStaging() const {
  return read_only_ ? absl::OkStatus() : staging_.RemoveStale();
}

}  // namespace advae
