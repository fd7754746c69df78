#include "server/models/model_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/monitoring/log.h"

namespace advae {
namespace {

absl::Status NoSuchModel(std::string_view model) {
  return absl::NotFoundError(absl::StrCat("there is no model \"", std::string(model), "\""));
}

absl::Status NoSuchVersion(std::string_view model, uint64_t version, uint64_t lowest,
                           uint64_t highest) {
  return absl::NotFoundError(absl::StrCat("model \"", std::string(model), "\" has no version ",
                                          version, "; its versions are ", lowest, " to ", highest));
}

// The version that serves: the one the repository names when it is loaded, else the highest.
uint64_t ServingVersion(const ModelState& model, std::optional<uint64_t> named) {
  return named && model.versions.contains(*named) ? *named : model.versions.rbegin()->first;
}

// Logs what `known` had and `now` (null when the model is gone) has not.
void LogGone(const ModelState& known, const ModelState* now) {
  if (now == nullptr) return Log(LogLevel::kInfo, "model gone", {{"model", known.name}});
  for (const auto& [version, detector] : known.versions) {
    if (now->versions.contains(version)) continue;
    Log(LogLevel::kInfo, "version gone", {{"model", known.name}, {"version", version}});
  }
}

}  // namespace

ModelTable::ModelTable(Repository repository, Metrics& metrics)
    : repository_(std::move(repository)), metrics_(metrics) {}

absl::Status ModelTable::Sync() {
  absl::MutexLock change(&change_mutex_);
  const auto listed = repository_.List();
  metrics_.models().repository_available.Set(listed.ok());
  if (!listed.ok()) return listed.status();
  RecordLostNumbers(*listed);

  Models models;
  int unreadable = 0;
  for (const Repository::ModelVersions& stored : *listed) {
    std::shared_ptr<const ModelState> known = Known(stored.model);
    if (!stored.status.ok()) {
      Log(LogLevel::kError, "model not readable, keeping what is loaded",
          {{"model", stored.model}, {"reason", stored.status.ToString()}});
      ++unreadable;
      if (known != nullptr) models.emplace(stored.model, std::move(known));
      continue;
    }
    auto model = Load(stored, known.get());
    if (model != nullptr) models.emplace(stored.model, std::move(model));
  }
  for (const auto& known : List()) {
    const auto now = models.find(known->name);
    LogGone(*known, now == models.end() ? nullptr : now->second.get());
    if (now == models.end()) files_.KeepOnly(known->name, {});
  }
  metrics_.models().unreadable_models.Set(unreadable);
  metrics_.models().last_sync.SetToCurrentTime();

  absl::MutexLock lock(&mutex_);
  models_.swap(models);
  return absl::OkStatus();
}

absl::Status ModelTable::SyncModel(std::string_view model) {
  absl::MutexLock change(&change_mutex_);
  return SyncModelLocked(model);
}

absl::Status ModelTable::SyncModelLocked(std::string_view model) {
  const absl::StatusOr<Repository::ModelVersions> stored = repository_.ListModel(model);
  if (!stored.ok()) return stored.status();
  NoteNumbers(*stored);
  std::shared_ptr<const ModelState> known = Known(model);
  std::shared_ptr<const ModelState> now = Load(*stored, known.get());
  if (known != nullptr) LogGone(*known, now.get());

  absl::MutexLock lock(&mutex_);
  if (now != nullptr) {
    models_.insert_or_assign(stored->model, std::move(now));
  } else if (known != nullptr) {
    models_.erase(stored->model);
  }
  return absl::OkStatus();
}

std::shared_ptr<const ModelState> ModelTable::Load(const Repository::ModelVersions& stored,
                                                   const ModelState* known) {
  ModelState model{.name = stored.model, .serving_version = 0, .versions = {}, .metrics = {}};
  for (const uint64_t version : stored.versions) {
    const bool is_known = known != nullptr && known->versions.contains(version);
    auto detector =
        is_known ? Refresh(known->versions.at(version)) : LoadVersion(stored.model, version);
    if (detector != nullptr) model.versions.emplace(version, std::move(detector));
  }
  files_.KeepOnly(stored.model, stored.versions);
  if (model.versions.empty()) return nullptr;

  model.serving_version = ServingVersion(model, stored.serving_version);
  model.metrics = known != nullptr ? known->metrics : metrics_.ForModel(stored.model);
  if (known == nullptr || known->serving_version != model.serving_version) {
    const bool as_named =
        !stored.serving_version || *stored.serving_version == model.serving_version;
    Log(as_named ? LogLevel::kInfo : LogLevel::kWarning,
        as_named ? "version serves" : "version serves in place of one that is not loadable",
        {{"model", model.name}, {"version", model.serving_version}});
  }
  model.metrics->SetServing(model.serving().info(), model.versions.size());
  return std::make_shared<const ModelState>(std::move(model));
}

std::shared_ptr<const Detector> ModelTable::LoadVersion(const std::string& model,
                                                        uint64_t version) {
  if (files_.IsDamaged(model, version)) return nullptr;
  // Before they are read: what changes meanwhile is noticed the next time.
  std::string fingerprint = repository_.Fingerprint(model, version);
  absl::StatusOr<Repository::VersionState> state = repository_.ReadState(model, version);
  absl::StatusOr<VersionBundle> bundle = repository_.Load(model, version);
  absl::Status status = bundle.status();
  if (status.ok()) {
    auto detector = Detector::Create(*std::move(bundle));
    if (detector.ok()) {
      Log(LogLevel::kInfo, "version loaded", {{"model", model}, {"version", version}});
      files_.Succeeded(model, version);
      if (state.ok()) files_.Loaded(model, version, *std::move(state));
      return *std::move(detector);
    }
    status = absl::DataLossError(detector.status().message());
  }
  if (files_.Failed(model, version, std::move(fingerprint), status)) {
    Log(LogLevel::kError, "version skipped",
        {{"model", model}, {"version", version}, {"reason", status.ToString()}});
    metrics_.models().load_failures.Increment();
  }
  return nullptr;
}

std::shared_ptr<const Detector> ModelTable::Refresh(const std::shared_ptr<const Detector>& known) {
  const std::string& model = known->info().model();
  const uint64_t version = known->info().version();
  absl::StatusOr<Repository::VersionState> state = repository_.ReadState(model, version);
  absl::Status status = state.status();
  if (status.ok()) {
    const Repository::VersionState* const loaded = files_.FindLoaded(model, version);
    if (loaded != nullptr && *loaded == *state) {
      files_.Succeeded(model, version);
      return known;
    }
    if (loaded == nullptr || loaded->manifest_digest != state->manifest_digest) {
      auto other = LoadVersion(model, version);
      return other != nullptr ? other : known;
    }
    auto history = repository_.ReadThresholdHistory(model, version);
    status = history.status();
    if (status.ok()) {
      files_.Loaded(model, version, *std::move(state));
      return known->WithThresholdHistory(*std::move(history));
    }
  }
  if (files_.Failed(model, version, "", status)) {
    Log(LogLevel::kError, "version not readable, keeping the one in memory",
        {{"model", model}, {"version", version}, {"reason", status.ToString()}});
  }
  return known;
}

void ModelTable::NoteNumbers(const Repository::ModelVersions& stored) {
  if (stored.versions.empty()) return;
  absl::MutexLock lock(&mutex_);
  uint64_t& highest = highest_[stored.model];
  highest = std::max(highest, stored.versions.back());
}

void ModelTable::RecordLostNumbers(const std::vector<Repository::ModelVersions>& listed) {
  std::map<std::string, uint64_t, std::less<>> lost;
  {
    absl::ReaderMutexLock lock(&mutex_);
    lost = highest_;
  }
  for (const Repository::ModelVersions& model : listed) {
    NoteNumbers(model);
    const auto known = lost.find(model.model);
    if (known == lost.end()) continue;
    const bool is_there = !model.versions.empty() && model.versions.back() >= known->second;
    if (is_there || !model.status.ok()) lost.erase(known);
  }
  for (const auto& [model, highest] : lost) {
    if (absl::Status status = repository_.RecordNumber(model, highest); !status.ok()) {
      Log(LogLevel::kWarning, "version number not recorded",
          {{"model", model}, {"version", highest}, {"reason", status.ToString()}});
    }
  }
}

uint64_t ModelTable::HighestVersion(std::string_view model) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = highest_.find(model);
  return found == highest_.end() ? 0 : found->second;
}

std::shared_ptr<const ModelState> ModelTable::Known(std::string_view model) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = models_.find(model);
  return found == models_.end() ? nullptr : found->second;
}

absl::StatusOr<FoundVersion> ModelTable::Find(std::string_view model,
                                              std::optional<uint64_t> version) const {
  if (absl::Status status = ValidateModelName(model); !status.ok()) return status;
  const std::shared_ptr<const ModelState> state = Known(model);
  if (state == nullptr) return NoSuchModel(model);
  const auto detector = state->versions.find(version.value_or(state->serving_version));
  if (detector == state->versions.end()) {
    return NoSuchVersion(model, *version, state->versions.begin()->first,
                         state->versions.rbegin()->first);
  }
  return FoundVersion{.detector = detector->second, .metrics = state->metrics};
}

absl::StatusOr<ModelState> ModelTable::Get(std::string_view model) const {
  if (absl::Status status = ValidateModelName(model); !status.ok()) return status;
  const std::shared_ptr<const ModelState> state = Known(model);
  if (state == nullptr) return NoSuchModel(model);
  return *state;
}

std::vector<std::shared_ptr<const ModelState>> ModelTable::List() const {
  std::vector<std::shared_ptr<const ModelState>> list;
  absl::ReaderMutexLock lock(&mutex_);
  list.reserve(models_.size());
  for (const auto& [name, model] : models_) list.push_back(model);
  return list;
}

absl::Status ModelTable::FindOnDisk(std::string_view model, uint64_t version) const {
  const absl::StatusOr<Repository::ModelVersions> stored = repository_.ListModel(model);
  if (!stored.ok()) return stored.status();
  if (stored->versions.empty()) return NoSuchModel(model);
  if (std::ranges::binary_search(stored->versions, version)) return absl::OkStatus();
  return NoSuchVersion(model, version, stored->versions.front(), stored->versions.back());
}

absl::Status ModelTable::SetServingVersion(std::string_view model, uint64_t version) {
  absl::MutexLock change(&change_mutex_);
  if (absl::Status status = FindOnDisk(model, version); !status.ok()) return status;
  if (absl::Status status = SyncModelLocked(model); !status.ok()) return status;
  if (auto found = Find(model, version); !found.ok()) return found.status();
  absl::Status status = repository_.SetServingVersion(model, version);
  if (!status.ok()) return status;
  return SyncModelLocked(model);
}

absl::Status ModelTable::DeleteVersion(std::string_view model, uint64_t version) {
  absl::MutexLock change(&change_mutex_);
  if (absl::Status status = FindOnDisk(model, version); !status.ok()) return status;
  {
    // From here on nobody else publishes, deletes or chooses what serves.
    absl::StatusOr<ModelChange> sole = repository_.Change(model);
    if (!sole.ok()) return sole.status();
    if (absl::Status status = SyncModelLocked(model); !status.ok()) return status;
    const std::shared_ptr<const ModelState> known = Known(model);
    if (known != nullptr && known->serving_version == version) {
      return absl::FailedPreconditionError(
          absl::StrCat("version ", version, " of model \"", known->name,
                       "\" is the serving version; set another one first, or delete the model"));
    }
    if (absl::Status status = sole->DeleteVersion(version); !status.ok()) return status;
  }
  return SyncModelLocked(model);
}

absl::Status ModelTable::DeleteModel(std::string_view model) {
  absl::MutexLock change(&change_mutex_);
  absl::Status status = repository_.DeleteModel(model);
  if (absl::IsNotFound(status)) return NoSuchModel(model);
  if (!status.ok()) return status;
  return SyncModelLocked(model);
}

absl::Status ModelTable::ApplyThreshold(std::string_view model, uint64_t version,
                                        const v1::ThresholdRecord& record) {
  absl::MutexLock change(&change_mutex_);
  absl::Status status = repository_.AppendThreshold(model, version, record);
  if (!status.ok()) return status;
  Log(LogLevel::kInfo, "threshold applied",
      {{"model", std::string(model)},
       {"version", version},
       {"alpha", record.alpha()},
       {"threshold", record.threshold()}});
  return SyncModelLocked(model);
}

}  // namespace advae
