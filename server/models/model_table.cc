#include "server/models/model_table.h"

#include "absl/strings/str_cat.h"
#include "server/monitoring/log.h"

namespace advae {
namespace {

absl::Status NoSuchModel(std::string_view model) {
  return absl::NotFoundError(absl::StrCat("there is no model \"", std::string(model), "\""));
}

absl::Status NoSuchVersion(const ModelState& model, uint64_t version) {
  return absl::NotFoundError(absl::StrCat("model \"", model.name, "\" has no version ", version,
                                          "; its versions are ", model.versions.begin()->first,
                                          " to ", model.versions.rbegin()->first));
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
  if (!listed.ok()) return listed.status();

  Models models;
  for (const Repository::ModelVersions& stored : *listed) {
    std::shared_ptr<const ModelState> known = Known(stored.model);
    if (!stored.status.ok()) {
      Log(LogLevel::kError, "model not readable, keeping what is loaded",
          {{"model", stored.model}, {"reason", stored.status.ToString()}});
      if (known != nullptr) models.emplace(stored.model, std::move(known));
      continue;
    }
    auto model = Load(stored, known.get());
    if (model != nullptr) models.emplace(stored.model, std::move(model));
  }
  for (const auto& known : List()) {
    const auto now = models.find(known->name);
    LogGone(*known, now == models.end() ? nullptr : now->second.get());
  }
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
  if (damaged_.contains({model, version})) return nullptr;
  absl::StatusOr<VersionBundle> bundle = repository_.Load(model, version);
  absl::Status status = bundle.status();
  if (status.ok()) {
    auto detector = Detector::Create(*std::move(bundle));
    if (detector.ok()) {
      Log(LogLevel::kInfo, "version loaded", {{"model", model}, {"version", version}});
      return *std::move(detector);
    }
    status = absl::DataLossError(detector.status().message());
  }
  Log(LogLevel::kError, "version skipped",
      {{"model", model}, {"version", version}, {"reason", status.ToString()}});
  metrics_.models().load_failures.Increment();
  if (absl::IsDataLoss(status)) damaged_.insert({model, version});
  return nullptr;
}

std::shared_ptr<const Detector> ModelTable::Refresh(
    const std::shared_ptr<const Detector>& known) const {
  const v1::VersionInfo& info = known->info();
  auto history = repository_.ReadThresholdHistory(info.model(), info.version());
  if (!history.ok()) {
    Log(LogLevel::kError, "threshold history not readable, keeping the one in memory",
        {{"model", info.model()},
         {"version", info.version()},
         {"reason", history.status().ToString()}});
    return known;
  }
  // Records are only ever added.
  if (static_cast<int>(history->size()) == info.threshold_history_size()) return known;
  return known->WithThresholdHistory(*std::move(history));
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
  if (detector == state->versions.end()) return NoSuchVersion(*state, *version);
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

absl::Status ModelTable::SetServingVersion(std::string_view model, uint64_t version) {
  absl::MutexLock change(&change_mutex_);
  if (auto found = Find(model, version); !found.ok()) return found.status();
  absl::Status status = repository_.SetServingVersion(model, version);
  if (!status.ok()) return status;
  return SyncModelLocked(model);
}

absl::Status ModelTable::DeleteVersion(std::string_view model, uint64_t version) {
  absl::MutexLock change(&change_mutex_);
  absl::StatusOr<ModelState> state = Get(model);
  if (!state.ok()) return state.status();
  if (!state->versions.contains(version)) return NoSuchVersion(*state, version);
  if (state->serving_version == version) {
    return absl::FailedPreconditionError(
        absl::StrCat("version ", version, " of model \"", state->name,
                     "\" is the serving version; set another one first, or delete the model"));
  }
  absl::Status status = repository_.DeleteVersion(model, version);
  if (!status.ok()) return status;
  return SyncModelLocked(model);
}

absl::Status ModelTable::DeleteModel(std::string_view model) {
  absl::MutexLock change(&change_mutex_);
  if (auto state = Get(model); !state.ok()) return state.status();
  absl::Status status = repository_.DeleteModel(model);
  if (!status.ok()) return status;
  std::erase_if(damaged_, [&](const auto& entry) { return entry.first == model; });
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
