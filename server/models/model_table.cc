#include "server/models/model_table.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "model/base/error_subject.h"
#include "model/base/status_macros.h"
#include "server/log/log.h"
#include "server/models/read_version.h"

namespace advae {
namespace {

absl::Status NoSuchModel(std::string_view model) {
  return About(absl::NotFoundError(absl::StrCat("there is no model \"", std::string(model), "\"")),
               {.model = std::string(model)});
}

// Numbers in ascending order, such as "1 to 3, 5"; of many with gaps, the first ones and how many
// others there are.
std::string NumberList(const std::vector<uint64_t>& numbers) {
  constexpr size_t kMostRanges = 10;
  std::vector<std::string> ranges;
  for (auto first = numbers.begin(); first != numbers.end();) {
    if (ranges.size() == kMostRanges) {
      return absl::StrCat(absl::StrJoin(ranges, ", "), " and ", numbers.end() - first, " others");
    }
    auto last = first;
    while (std::next(last) != numbers.end() && *std::next(last) == *last + 1) ++last;
    ranges.push_back(first == last ? absl::StrCat(*first) : absl::StrCat(*first, " to ", *last));
    first = std::next(last);
  }
  return absl::StrJoin(ranges, ", ");
}

// `others` are the versions that the model has.
absl::Status NoSuchVersion(std::string_view model, uint64_t version,
                           const std::vector<uint64_t>& others) {
  return About(absl::NotFoundError(absl::StrCat(
                   "model \"", std::string(model), "\" has no version ", version,
                   others.size() == 1 ? "; it has " : "; its versions are ", NumberList(others))),
               {.model = std::string(model), .version = version});
}

}  // namespace

ModelTable::ModelTable(Repository repository, Metrics& metrics, ModelMemoryLimit budget,
                       const Histories* histories)
    : repository_(std::move(repository)),
      metrics_(metrics),
      budget_(budget),
      histories_(histories) {
  metrics_.models().memory_limit_bytes.Set(static_cast<double>(budget.bytes));
  PrepareToReadVersions();
}

absl::Status ModelTable::Sync() {
  absl::MutexLock change(&change_mutex_);
  const auto listed = repository_.List();
  metrics_.models().repository_available.Set(listed.ok() ? 1 : 0);
  if (!listed.ok()) return listed.status();
  numbers_.NoteAll(*listed);

  std::set<std::string, std::less<>> names;
  for (const Repository::ModelVersions& stored : *listed) {
    names.insert(stored.model);
    if (stored.status.ok()) UpdateRoom(stored);
  }
  const auto is_listed = [&names](const std::string& model) { return names.contains(model); };
  room_.KeepOnly(is_listed);
  files_.KeepOnly(is_listed);
  MakeRoom();

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
  }
  metrics_.models().unreadable_models.Set(unreadable);
  SetUnreadableVersions();
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
  ADVAE_ASSIGN_OR_RETURN(const Repository::ModelVersions stored, repository_.ListModel(model));
  numbers_.Note(stored);
  UpdateRoom(stored);
  MakeRoom();
  std::shared_ptr<const ModelState> known = Known(model);
  std::shared_ptr<const ModelState> now = Load(stored, known.get());
  if (known != nullptr) LogGone(*known, now.get());
  SetUnreadableVersions();

  absl::MutexLock lock(&mutex_);
  if (now != nullptr) {
    models_.insert_or_assign(stored.model, std::move(now));
  } else if (known != nullptr) {
    models_.erase(stored.model);
  }
  return absl::OkStatus();
}

void ModelTable::UpdateRoom(Repository::ModelVersions stored) {
  const std::shared_ptr<const ModelState> known = Known(stored.model);
  const auto needs_no_room = [&](uint64_t version) ABSL_EXCLUSIVE_LOCKS_REQUIRED(change_mutex_) {
    const bool is_loaded = known != nullptr && known->versions.contains(version);
    return !is_loaded && files_.IsDamaged(stored.model, version);
  };
  std::erase_if(stored.versions, needs_no_room);
  room_.Update(repository_, stored,
               known == nullptr ? std::nullopt : std::optional(known->serving_version));
}

void ModelTable::MakeRoom() {
  LeftOutVersions left_out = room_.LeaveOut();
  metrics_.models().memory_bytes.Set(static_cast<double>(room_.held().held()));
  metrics_.models().left_out_versions.Set(static_cast<double>(CountVersions(left_out)));
  for (const auto& [model, versions] : left_out) LogLeftOut(model, versions, LeftOut(model));
  StoredUses stored = room_.Stored();

  absl::MutexLock lock(&mutex_);
  stored_ = std::move(stored);
  for (const auto& [name, versions] : left_out) {
    const auto known = models_.find(name);
    if (known == models_.end()) continue;
    std::shared_ptr<const ModelState> model = WithoutVersions(*known->second, versions);
    if (model == nullptr) {
      models_.erase(known);
    } else {
      known->second = std::move(model);
    }
  }
  left_out_ = std::move(left_out);
  serving_memory_ = room_.serving();
}

std::shared_ptr<const ModelState> ModelTable::Load(const Repository::ModelVersions& stored,
                                                   const ModelState* known) {
  ModelState model{.name = stored.model,
                   .serving_version = 0,
                   .chosen_version = stored.serving_version,
                   .versions = {},
                   .statistics = {},
                   .metrics = {},
                   .history = {},
                   .not_loadable = {}};
  if (!model.chosen_version && !stored.versions.empty()) {
    model.chosen_version = stored.versions.back();
  }
  const std::map<uint64_t, std::string> left_out = LeftOut(stored.model);
  for (const uint64_t version : stored.versions) {
    if (left_out.contains(version)) continue;
    const bool is_known = known != nullptr && known->versions.contains(version);
    auto loaded =
        is_known ? Refresh(known->versions.at(version)) : LoadVersion(stored.model, version);
    if (loaded == nullptr) {
      model.not_loadable.insert(version);
      continue;
    }
    model.versions.emplace(version, std::move(loaded));
    model.statistics.emplace(
        version, is_known ? known->statistics.at(version) : std::make_shared<VersionStatistics>());
  }
  files_.KeepOnly(stored.model, stored.versions);
  if (model.versions.empty()) return nullptr;

  model.serving_version = ServingVersion(model, stored.serving_version);
  model.metrics = known != nullptr ? known->metrics : metrics_.ForModel(stored.model);
  if (known != nullptr) {
    model.history = known->history;
  } else if (histories_ != nullptr) {
    model.history = histories_->Make();
  }
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

std::shared_ptr<const LoadedVersion> ModelTable::LoadVersion(const std::string& model,
                                                             uint64_t version) {
  if (files_.IsDamaged(model, version)) return nullptr;
  // Before they are read: what changes meanwhile is noticed the next time.
  std::string fingerprint = repository_.Fingerprint(model, version);
  absl::StatusOr<Repository::VersionState> state = repository_.ReadState(model, version);
  auto loaded = ReadVersion(repository_, model, version);
  if (loaded.ok()) {
    Log(LogLevel::kInfo, "version loaded", {{"model", model}, {"version", version}});
    files_.Succeeded(model, version);
    if (state.ok()) files_.Loaded(model, version, *std::move(state));
    return *std::move(loaded);
  }
  const absl::Status& status = loaded.status();
  if (absl::IsResourceExhausted(status)) {
    room_.RanOutOfMemory(model, version);
    metrics_.models().left_out_versions.Increment();
    absl::MutexLock lock(&mutex_);
    left_out_[model].emplace(version, absl::StrCat(status.message()));
  }
  if (files_.Failed(model, version, std::move(fingerprint), status)) {
    Log(LogLevel::kError, "version skipped",
        {{"model", model}, {"version", version}, {"reason", status.ToString()}});
    metrics_.models().load_failures.Increment();
  }
  return nullptr;
}

std::shared_ptr<const LoadedVersion> ModelTable::Refresh(
    const std::shared_ptr<const LoadedVersion>& known) {
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
      files_.Succeeded(model, version);
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

void ModelTable::SetUnreadableVersions() {
  metrics_.models().unreadable_versions.Set(static_cast<double>(files_.CountUnreadable()));
}

std::shared_ptr<const ModelState> ModelTable::Known(std::string_view model) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = models_.find(model);
  return found == models_.end() ? nullptr : found->second;
}

absl::StatusOr<FoundVersion> ModelTable::Find(std::string_view model,
                                              std::optional<uint64_t> version) const {
  ADVAE_RETURN_IF_ERROR(AtField(ValidateModelName(model), "model"));
  const std::shared_ptr<const ModelState> state = Known(model);
  if (state == nullptr) return NotLoaded(model, version, NoSuchModel(model));
  const auto loaded = state->versions.find(version.value_or(state->serving_version));
  if (loaded == state->versions.end()) {
    std::vector<uint64_t> others;
    for (const auto& [number, other] : state->versions) others.push_back(number);
    return NotLoaded(model, version, NoSuchVersion(model, *version, others));
  }
  return FoundVersion{.loaded = loaded->second,
                      .statistics = state->statistics.at(loaded->first),
                      .metrics = state->metrics,
                      .history = state->history};
}

absl::StatusOr<ModelState> ModelTable::Get(std::string_view model) const {
  ADVAE_RETURN_IF_ERROR(AtField(ValidateModelName(model), "model"));
  const std::shared_ptr<const ModelState> state = Known(model);
  if (state == nullptr) return NotLoaded(model, std::nullopt, NoSuchModel(model));
  return *state;
}

std::map<uint64_t, std::string> ModelTable::LeftOut(std::string_view model) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = left_out_.find(model);
  return found == left_out_.end() ? std::map<uint64_t, std::string>() : found->second;
}

absl::Status ModelTable::NotLoaded(std::string_view model, std::optional<uint64_t> version,
                                   absl::Status unknown) const {
  const std::map<uint64_t, std::string> left_out = LeftOut(model);
  if (left_out.empty()) return unknown;
  const auto found = version ? left_out.find(*version) : std::prev(left_out.end());
  if (found == left_out.end()) return unknown;
  return About(absl::FailedPreconditionError(
                   absl::StrCat("this server does not hold version ", found->first, " of model \"",
                                std::string(model), "\": ", found->second)),
               {.model = std::string(model), .version = found->first});
}

MemoryUse ModelTable::ServingMemory() const {
  absl::ReaderMutexLock lock(&mutex_);
  return serving_memory_;
}

StoredUse ModelTable::StoredBy(std::string_view name) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = stored_.find(name);
  return found == stored_.end() ? StoredUse() : found->second;
}

std::vector<std::shared_ptr<const ModelState>> ModelTable::List() const {
  std::vector<std::shared_ptr<const ModelState>> list;
  absl::ReaderMutexLock lock(&mutex_);
  list.reserve(models_.size());
  for (const auto& [name, model] : models_) list.push_back(model);
  return list;
}

absl::Status ModelTable::FindOnDisk(std::string_view model, uint64_t version) const {
  ADVAE_ASSIGN_OR_RETURN(const Repository::ModelVersions stored, repository_.ListModel(model));
  if (stored.versions.empty()) return NoSuchModel(model);
  if (std::ranges::binary_search(stored.versions, version)) return absl::OkStatus();
  return NoSuchVersion(model, version, stored.versions);
}

absl::Status ModelTable::SetServingVersion(std::string_view model, uint64_t version) {
  ADVAE_RETURN_IF_ERROR(repository_.CheckWritable());
  absl::MutexLock change(&change_mutex_);
  ADVAE_RETURN_IF_ERROR(FindOnDisk(model, version));
  ADVAE_RETURN_IF_ERROR(SyncModelLocked(model));
  // One that is left out gets its room as soon as it is named.
  if (auto found = Find(model, version); !found.ok() && !room_.FitsBesideServing(model, version)) {
    return found.status();
  }
  absl::Status status = repository_.SetServingVersion(model, version);
  if (!status.ok()) return status;
  return SyncModelLocked(model);
}

absl::Status ModelTable::DeleteVersion(std::string_view model, uint64_t version,
                                       const Deletion& deletion) {
  ADVAE_RETURN_IF_ERROR(repository_.CheckWritable());
  absl::MutexLock change(&change_mutex_);
  absl::Status found = FindOnDisk(model, version);
  if (absl::IsNotFound(found) && deletion.permanently) {
    // It may be kept.
    absl::Status status = repository_.DeleteVersion(model, version, deletion);
    return absl::IsNotFound(status) ? found : status;
  }
  if (!found.ok()) return found;
  {
    // From here on nobody else publishes, deletes or chooses what serves.
    ADVAE_ASSIGN_OR_RETURN(ModelChange sole, repository_.Change(model));
    ADVAE_RETURN_IF_ERROR(SyncModelLocked(model));
    const std::shared_ptr<const ModelState> known = Known(model);
    if (known != nullptr && known->serving_version == version) {
      return About(absl::FailedPreconditionError(absl::StrCat(
                       "version ", version, " of model \"", known->name,
                       "\" is the serving version; set another one first, or delete the model")),
                   {.model = known->name, .version = version});
    }
    ADVAE_RETURN_IF_ERROR(sole.DeleteVersion(version, deletion));
  }
  return SyncModelLocked(model);
}

absl::Status ModelTable::DeleteModel(std::string_view model, const Deletion& deletion) {
  ADVAE_RETURN_IF_ERROR(repository_.CheckWritable());
  absl::MutexLock change(&change_mutex_);
  absl::Status status = repository_.DeleteModel(model, deletion);
  if (absl::IsNotFound(status)) return NoSuchModel(model);
  if (!status.ok()) return status;
  return SyncModelLocked(model);
}

absl::StatusOr<std::vector<uint64_t>> ModelTable::Undelete(std::string_view model,
                                                           std::optional<uint64_t> version) {
  ADVAE_RETURN_IF_ERROR(repository_.CheckWritable());
  absl::MutexLock change(&change_mutex_);
  ADVAE_ASSIGN_OR_RETURN(std::vector<uint64_t> restored, repository_.Undelete(model, version));
  Log(LogLevel::kInfo, "versions restored",
      {{"model", std::string(model)}, {"versions", absl::StrJoin(restored, " ")}});
  ADVAE_RETURN_IF_ERROR(SyncModelLocked(model));
  return restored;
}

absl::Status ModelTable::ApplyThreshold(std::string_view model, uint64_t version,
                                        const v1::ThresholdRecord& record) {
  ADVAE_RETURN_IF_ERROR(repository_.CheckWritable());
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
