#include "model/scoring/repository.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "advae/v1/manifest.pb.h"
#include "model/scoring/bundle_files.h"
#include "model/scoring/file_io.h"
#include "model/scoring/json_file.h"
#include "model/scoring/model_folder.h"

namespace advae {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxNameLength = 64;

absl::Status NoSuchModel(std::string_view model) {
  return absl::NotFoundError(absl::StrCat("there is no model '", std::string(model), "'"));
}

// A folder that has to exist does not: not what the callers of Repository know as kNotFound.
absl::Status NotFoundAsUnavailable(absl::Status status) {
  return absl::IsNotFound(status) ? absl::UnavailableError(status.message()) : status;
}

// The folder of an existing version. kNotFound or kInvalidArgument.
absl::StatusOr<ModelFolder> FindVersion(const fs::path& root, std::string_view model,
                                        uint64_t version) {
  if (absl::Status status = ValidateModelName(model); !status.ok()) return status;
  ModelFolder folder(root / model);
  std::error_code error;
  if (version != 0 && fs::is_directory(folder.VersionPath(version), error)) return folder;
  if (error && error != std::errc::no_such_file_or_directory) {
    return FileError("open", folder.VersionPath(version), error.value());
  }
  if (!fs::is_directory(folder.path(), error)) return NoSuchModel(model);
  return absl::NotFoundError(
      absl::StrCat("model '", std::string(model), "' has no version ", version));
}

// Replaces a JSON file.
absl::Status WriteJson(const StagingArea& staging, const google::protobuf::Message& message,
                       const fs::path& path) {
  const absl::StatusOr<std::string> json = ToJson(message);
  if (!json.ok()) return json.status();
  const absl::StatusOr<fs::path> temporary = staging.NewPath();
  if (!temporary.ok()) return temporary.status();
  return ReplaceFile(*temporary, path, *json);
}

// Moves `path` to .staging, and so out of sight at once, and removes it there.
absl::Status MoveAwayAndRemove(const StagingArea& staging, const fs::path& path) {
  const absl::StatusOr<fs::path> staged = staging.NewPath();
  if (!staged.ok()) return staged.status();
  if (absl::Status status = Rename(path, *staged); !status.ok()) return status;
  if (absl::Status status = SyncFolder(path.parent_path()); !status.ok()) return status;
  return RemoveAll(*staged);
}

}  // namespace

absl::Status ValidateModelName(std::string_view name) {
  const auto allowed = [](char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '.';
  };
  if (!name.empty() && name.size() <= kMaxNameLength && absl::ascii_isalnum(name.front()) &&
      std::all_of(name.begin(), name.end(), allowed)) {
    return absl::OkStatus();
  }
  const std::string shown = absl::CHexEscape(std::string(name.substr(0, kMaxNameLength)));
  return absl::InvalidArgumentError(
      absl::StrCat("model name '", shown, name.size() > kMaxNameLength ? "...' (" : "' (",
                   name.size(), " characters) is not valid; expected 1 to ", kMaxNameLength,
                   " letters, digits, '_', '-' or '.', starting with a letter or digit"));
}

absl::StatusOr<Repository> Repository::Open(fs::path root) {
  std::error_code error;
  fs::create_directories(root, error);
  if (error) return NotFoundAsUnavailable(FileError("create folder", root, error.value()));
  return Repository(std::move(root));
}

absl::StatusOr<std::vector<Repository::ModelVersions>> Repository::List() const {
  const absl::StatusOr<std::vector<fs::directory_entry>> entries = ListFolder(root_);
  if (!entries.ok()) return NotFoundAsUnavailable(entries.status());
  std::vector<ModelVersions> models;
  for (const fs::directory_entry& entry : *entries) {
    const std::string name = entry.path().filename().string();
    if (!ValidateModelName(name).ok() || !IsFolder(entry)) continue;
    absl::StatusOr<ModelVersions> model = ListModel(name);
    if (!model.ok()) return model.status();
    if (!model->versions.empty()) models.push_back(*std::move(model));
  }
  std::ranges::sort(models, {}, &ModelVersions::model);
  return models;
}

absl::StatusOr<Repository::ModelVersions> Repository::ListModel(std::string_view model) const {
  if (absl::Status status = ValidateModelName(model); !status.ok()) return status;
  const ModelFolder folder(root_ / model);
  absl::StatusOr<std::vector<uint64_t>> versions = folder.ListVersions();
  if (!versions.ok()) return versions.status();
  return ModelVersions{.model = std::string(model),
                       .versions = *std::move(versions),
                       .serving_version = folder.ReadServingVersion()};
}

absl::StatusOr<uint64_t> Repository::Publish(const VersionBundle& bundle) const {
  v1::VersionInfo info = bundle.info;
  if (absl::Status status = ValidateModelName(info.model()); !status.ok()) return status;
  const absl::StatusOr<fs::path> staged = CreateStagingFolder();
  if (!staged.ok()) return staged.status();
  const absl::Cleanup remove_staged = [&] { RemoveAll(*staged).IgnoreError(); };
  const absl::StatusOr<std::vector<v1::BundleFile>> files = WriteTensorFiles(*staged, bundle);
  if (!files.ok()) return NotFoundAsUnavailable(files.status());

  const ModelFolder folder(root_ / info.model());
  while (true) {
    const absl::StatusOr<uint64_t> version = folder.NextVersion();
    if (!version.ok()) return version.status();
    info.set_version(*version);
    absl::Status status = WriteManifest(*staged, BundleFormat(bundle.ensemble), info, *files);
    status.Update(SyncFolder(*staged));
    status.Update(CreateFolder(folder.path()));
    if (!status.ok()) return NotFoundAsUnavailable(status);
    // A deletion while NextVersion looked leaves its mark before it frees the name.
    std::error_code ignored;
    if (fs::exists(folder.DeletedMarkPath(*version), ignored)) continue;
    status = Rename(*staged, folder.VersionPath(*version));
    // Another publication won the number, or a deletion took the model's folder: once more.
    if (absl::IsAlreadyExists(status) || absl::IsNotFound(status)) continue;
    status.Update(SyncFolder(folder.path()));
    status.Update(SyncFolder(root_));
    if (!status.ok()) return NotFoundAsUnavailable(status);
    return *version;
  }
}

absl::StatusOr<VersionBundle> Repository::Load(std::string_view model, uint64_t version) const {
  const absl::StatusOr<ModelFolder> folder = FindVersion(root_, model, version);
  if (!folder.ok()) return folder.status();
  const fs::path path = folder->VersionPath(version);
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
  absl::StatusOr<v1::ThresholdHistory> applied = folder->ReadAppliedThresholds(version);
  if (applied.ok()) {
    info.mutable_threshold_history()->Swap(applied->mutable_records());
  } else if (!absl::IsNotFound(applied.status())) {
    return applied.status();
  }
  return bundle;
}

absl::StatusOr<std::vector<v1::ThresholdRecord>> Repository::ReadThresholdHistory(
    std::string_view model, uint64_t version) const {
  const absl::StatusOr<ModelFolder> folder = FindVersion(root_, model, version);
  if (!folder.ok()) return folder.status();
  const absl::StatusOr<v1::ThresholdHistory> applied = folder->ReadAppliedThresholds(version);
  if (applied.ok()) return std::vector(applied->records().begin(), applied->records().end());
  if (!absl::IsNotFound(applied.status())) return applied.status();
  const absl::StatusOr<v1::VersionManifest> manifest = ReadManifest(folder->VersionPath(version));
  if (!manifest.ok()) return manifest.status();
  const auto& records = manifest->info().threshold_history();
  return std::vector(records.begin(), records.end());
}

absl::Status Repository::WriteThresholdHistory(
    std::string_view model, uint64_t version,
    const std::vector<v1::ThresholdRecord>& history) const {
  if (history.empty()) return absl::InvalidArgumentError("a threshold history is never empty");
  const absl::StatusOr<ModelFolder> folder = FindVersion(root_, model, version);
  if (!folder.ok()) return folder.status();
  v1::ThresholdHistory message;
  message.mutable_records()->Add(history.begin(), history.end());
  return WriteJson(staging_, message, folder->ThresholdsPath(version));
}

absl::Status Repository::SetServingVersion(std::string_view model, uint64_t version) const {
  const absl::StatusOr<ModelFolder> folder = FindVersion(root_, model, version);
  if (!folder.ok()) return folder.status();
  v1::ServingVersion serving;
  serving.set_version(version);
  return WriteJson(staging_, serving, folder->ServingPath());
}

absl::Status Repository::DeleteVersion(std::string_view model, uint64_t version) const {
  const absl::StatusOr<ModelFolder> folder = FindVersion(root_, model, version);
  if (!folder.ok()) return folder.status();
  absl::Status status = WriteFileSynced(folder->DeletedMarkPath(version), "");
  status.Update(SyncFolder(folder->path()));
  if (!status.ok()) return status;
  return MoveAwayAndRemove(staging_, folder->VersionPath(version));
}

absl::Status Repository::DeleteModel(std::string_view model) const {
  if (absl::Status status = ValidateModelName(model); !status.ok()) return status;
  const fs::path path = root_ / model;
  std::error_code error;
  if (!fs::is_directory(path, error)) return NoSuchModel(model);
  return MoveAwayAndRemove(staging_, path);
}

absl::StatusOr<fs::path> Repository::CreateStagingFolder() const {
  absl::StatusOr<fs::path> folder = staging_.NewFolder();
  if (!folder.ok()) return NotFoundAsUnavailable(folder.status());
  return folder;
}

absl::Status Repository::RemoveStaleStaging() const { return staging_.RemoveStale(); }

}  // namespace advae
