#include "server/models/version_files.h"

#include <algorithm>
#include <utility>

namespace advae {
namespace {

template <typename ByModel>
auto* FindIn(ByModel& by_model, const std::string& model, uint64_t version) {
  const auto versions = by_model.find(model);
  using Known = decltype(&versions->second.begin()->second);
  if (versions == by_model.end()) return static_cast<Known>(nullptr);
  const auto found = versions->second.find(version);
  return found == versions->second.end() ? static_cast<Known>(nullptr) : &found->second;
}

template <typename ByModel>
void KeepOnlyIn(ByModel& by_model, const std::string& model,
                const std::vector<uint64_t>& versions) {
  const auto known = by_model.find(model);
  if (known == by_model.end()) return;
  std::erase_if(known->second, [&](const auto& entry) {
    return !std::ranges::binary_search(versions, entry.first);
  });
  if (known->second.empty()) by_model.erase(known);
}

}  // namespace

void VersionFiles::Loaded(const std::string& model, uint64_t version,
                          Repository::VersionState state) {
  loaded_[model].insert_or_assign(version, std::move(state));
}

const Repository::VersionState* VersionFiles::FindLoaded(const std::string& model,
                                                         uint64_t version) const {
  return FindIn(loaded_, model, version);
}

bool VersionFiles::Failed(const std::string& model, uint64_t version, std::string fingerprint,
                          const absl::Status& reason) {
  Failure& failure = failures_[model][version];
  // Another reason may pass without a change of the files, such as a disk that does not answer.
  failure.fingerprint = absl::IsDataLoss(reason) ? std::move(fingerprint) : std::string();
  return std::exchange(failure.reason, reason) != reason;
}

void VersionFiles::Succeeded(const std::string& model, uint64_t version) {
  const auto known = failures_.find(model);
  if (known != failures_.end()) known->second.erase(version);
}

bool VersionFiles::IsDamaged(const std::string& model, uint64_t version) const {
  const Failure* const failure = FindIn(failures_, model, version);
  return failure != nullptr && !failure->fingerprint.empty() &&
         failure->fingerprint == repository_.Fingerprint(model, version);
}

size_t VersionFiles::CountUnreadable() const {
  size_t count = 0;
  for (const auto& [model, versions] : failures_) {
    count += std::ranges::count_if(versions, [](const auto& entry) {
      return !absl::IsResourceExhausted(entry.second.reason);
    });
  }
  return count;
}

void VersionFiles::KeepOnly(const std::string& model, const std::vector<uint64_t>& versions) {
  KeepOnlyIn(loaded_, model, versions);
  KeepOnlyIn(failures_, model, versions);
}

}  // namespace advae
