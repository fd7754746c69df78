#include "server/models/version_room.h"

#include <algorithm>
#include <new>

#include "absl/strings/str_format.h"
#include "server/log/log.h"

namespace advae {
namespace {

using Claim = VersionCandidate::Claim;

constexpr uint64_t kMaxSetbackDoublings = 10;
constexpr char kOutOfMemory[] =
    "memory ran out while it was being loaded; it is retried at ever longer intervals";

double Megabytes(uint64_t bytes) { return static_cast<double>(bytes) / 1e6; }

std::string NoRoom(const VersionMemory& memory, const ModelMemoryLimit& budget) {
  return absl::StrFormat(
      "it takes about %.0f MB of memory, and %.0f MB while it is being loaded; the versions with "
      "precedence leave less of the %.0f MB of --max_models_memory",
      Megabytes(memory.held), Megabytes(memory.Total(budget.threads)), Megabytes(budget.bytes));
}

// What the manifest says. None when it cannot be read, or memory does not suffice to read it.
std::optional<VersionCandidate> Describe(const Repository& repository, const std::string& model,
                                         uint64_t version) {
  try {
    const absl::StatusOr<v1::VersionManifest> manifest = repository.LoadManifest(model, version);
    if (!manifest.ok()) return std::nullopt;
    VersionCandidate candidate = {.model = model,
                                  .version = version,
                                  .memory = EstimateVersionMemory(*manifest),
                                  .created_by = manifest->info().created_by()};
    for (const v1::BundleFile& file : manifest->files()) {
      candidate.file_bytes = SaturatingAdd(candidate.file_bytes, file.bytes());
    }
    return candidate;
  } catch (const std::bad_alloc&) {
    // So will loading it find.
  }
  return std::nullopt;
}

}  // namespace

void VersionRoom::Update(const Repository& repository, const Repository::ModelVersions& stored,
                         std::optional<uint64_t> serving) {
  std::vector<VersionCandidate>& known = models_[stored.model];
  std::vector<VersionCandidate> candidates;
  for (size_t i = 0; i < stored.versions.size(); ++i) {
    const uint64_t version = stored.versions[i];
    const auto same = std::ranges::find(known, version, &VersionCandidate::version);
    std::optional<VersionCandidate> candidate =
        same != known.end() ? std::optional(*same) : Describe(repository, stored.model, version);
    if (!candidate) continue;
    const bool is_named = version == stored.serving_version.value_or(stored.versions.back());
    candidate->claim = version == serving ? Claim::kServing
                       : is_named         ? Claim::kToServe
                                          : Claim::kOnlyWhenNamed;
    candidate->newer_versions = stored.versions.size() - i - 1;
    candidates.push_back(*std::move(candidate));
  }
  known = std::move(candidates);
}

LeftOutVersions VersionRoom::LeaveOut() {
  std::vector<VersionCandidate> candidates;
  uint64_t known_bytes = 0;
  for (const auto& [model, versions] : models_) {
    for (const VersionCandidate& candidate : versions) {
      known_bytes = SaturatingAdd(known_bytes, candidate.memory.held);
      candidates.push_back(candidate);
    }
  }
  if (known_bytes < known_bytes_) setbacks_.clear();
  known_bytes_ = known_bytes;

  LeftOutVersions left_out;
  LeaveOutSetBack(candidates, left_out);
  const std::vector<bool> selected = SelectVersions(candidates, budget_);
  held_ = {};
  serving_ = {};
  for (size_t i = 0; i < candidates.size(); ++i) {
    const VersionCandidate& candidate = candidates[i];
    if (!selected[i]) {
      left_out[candidate.model].emplace(candidate.version, NoRoom(candidate.memory, budget_));
      continue;
    }
    held_ = held_.With(candidate.memory);
    if (candidate.claim != Claim::kOnlyWhenNamed) serving_ = serving_.With(candidate.memory);
  }
  return left_out;
}

void VersionRoom::LeaveOutSetBack(std::vector<VersionCandidate>& candidates,
                                  LeftOutVersions& left_out) {
  std::erase_if(candidates, [&](const VersionCandidate& candidate) {
    const auto found = setbacks_.find({candidate.model, candidate.version});
    if (found == setbacks_.end() || found->second.left_out_for == 0) return false;
    --found->second.left_out_for;
    left_out[candidate.model].emplace(candidate.version, kOutOfMemory);
    return true;
  });
}

bool VersionRoom::FitsBesideServing(std::string_view model, uint64_t version) const {
  const auto known = models_.find(model);
  if (known == models_.end()) return false;
  const auto candidate = std::ranges::find(known->second, version, &VersionCandidate::version);
  if (candidate == known->second.end() || setbacks_.contains({candidate->model, version})) {
    return false;
  }
  return serving_.With(candidate->memory).Total(budget_.threads) <= budget_.bytes;
}

void VersionRoom::RanOutOfMemory(const std::string& model, uint64_t version) {
  Setback& setback = setbacks_[{model, version}];
  setback.left_out_for = uint64_t{1} << std::min(setback.times, kMaxSetbackDoublings);
  ++setback.times;
}

StoredUses VersionRoom::Stored() const {
  StoredUses stored;
  for (const auto& [model, versions] : models_) {
    for (const VersionCandidate& version : versions) {
      if (version.created_by.empty()) continue;
      StoredUse& use = stored[version.created_by];
      ++use.versions;
      use.bytes = SaturatingAdd(use.bytes, version.file_bytes);
    }
  }
  return stored;
}

size_t CountVersions(const LeftOutVersions& left_out) {
  size_t count = 0;
  for (const auto& [model, versions] : left_out) count += versions.size();
  return count;
}

void LogLeftOut(const std::string& model, const std::map<uint64_t, std::string>& left_out,
                const std::map<uint64_t, std::string>& before) {
  for (const auto& [version, reason] : left_out) {
    if (before.contains(version)) continue;
    Log(LogLevel::kWarning, "version left out",
        {{"model", model}, {"version", version}, {"reason", reason}});
  }
}

}  // namespace advae
