#include "server/models/seen_numbers.h"

#include <algorithm>

#include "absl/status/status.h"
#include "server/log/log.h"

namespace advae {

uint64_t SeenNumbers::Highest(std::string_view model) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = highest_.find(model);
  return found == highest_.end() ? 0 : found->second;
}

void SeenNumbers::Note(const Repository::ModelVersions& stored) {
  if (stored.versions.empty()) return;
  absl::MutexLock lock(&mutex_);
  uint64_t& highest = highest_[stored.model];
  highest = std::max(highest, stored.versions.back());
}

void SeenNumbers::NoteAll(const std::vector<Repository::ModelVersions>& listed) {
  std::map<std::string, uint64_t, std::less<>> lost;
  {
    absl::ReaderMutexLock lock(&mutex_);
    lost = highest_;
  }
  for (const Repository::ModelVersions& model : listed) {
    Note(model);
    const auto known = lost.find(model.model);
    if (known == lost.end()) continue;
    const bool is_there = !model.versions.empty() && model.versions.back() >= known->second;
    if (is_there || !model.status.ok()) lost.erase(known);
  }
  // Whoever may write the repository, and has seen the numbers, records them.
  if (!repository_.CheckWritable().ok()) return;
  for (const auto& [model, highest] : lost) {
    if (absl::Status status = repository_.RecordNumber(model, highest); !status.ok()) {
      Log(LogLevel::kWarning, "version number not recorded",
          {{"model", model}, {"version", highest}, {"reason", status.ToString()}});
    }
  }
}

}  // namespace advae
