#include "model/repository/model_folder.h"

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/base/file_io.h"
#include "model/base/json_file.h"
#include "model/base/status_macros.h"
#include "model/repository/bundle_files.h"
#include "model/repository/version_numbers.h"
#include "model/scoring/threshold_history.h"

namespace advae {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDeletedSuffix = ".deleted";

}  // namespace

std::optional<uint64_t> ParseVersion(std::string_view name) {
  uint64_t version = 0;
  const char* const end = name.data() + name.size();
  const auto [parsed_end, error] = std::from_chars(name.data(), end, version);
  if (error != std::errc() || parsed_end != end || name.front() == '0') return std::nullopt;
  return version <= kMaxVersion ? std::optional(version) : std::nullopt;
}

absl::StatusOr<std::vector<fs::path>> ListFolder(const fs::path& folder) {
  // Not by a directory_iterator, which ends the process if memory runs out as it opens the folder.
  DIR* const stream = opendir(folder.c_str());
  if (stream == nullptr) return FileError("list", folder, errno);
  const absl::Cleanup close = [stream] { closedir(stream); };
  std::vector<fs::path> entries;
  for (;;) {
    errno = 0;
    const dirent* const entry = readdir(stream);  // NOLINT(concurrency-mt-unsafe): our own stream
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") entries.push_back(folder / name);
  }
  if (errno != 0) return FileError("list", folder, errno);
  return entries;
}

absl::Status CheckFolder(const fs::path& folder) {
  std::error_code error;
  const fs::file_status target = fs::status(folder, error);
  if (fs::is_directory(target)) return absl::OkStatus();
  if (target.type() == fs::file_type::not_found) {
    std::error_code ignored;
    if (!fs::is_symlink(fs::symlink_status(folder, ignored))) {
      return absl::NotFoundError(absl::StrCat(folder.string(), " is gone"));
    }
    return absl::UnavailableError(absl::StrCat(folder.string(), " is a dangling link"));
  }
  if (error) return FileError("open", folder, error.value());
  return absl::NotFoundError(absl::StrCat(folder.string(), " is not a folder"));
}

fs::path ModelFolder::VersionPath(uint64_t version) const {
  return path_ / std::to_string(version);
}

fs::path ModelFolder::DeletedMarkPath(uint64_t version) const {
  return VersionPath(version) += kDeletedSuffix;
}

fs::path ModelFolder::ThresholdsPath(uint64_t version) const {
  return VersionPath(version) / "thresholds.json";
}

absl::StatusOr<std::vector<uint64_t>> ModelFolder::ListVersions() const {
  std::vector<uint64_t> versions;
  const absl::StatusOr<std::vector<fs::path>> entries = ListFolder(path_);
  if (absl::IsNotFound(entries.status())) return versions;
  if (!entries.ok()) return entries.status();
  for (const fs::path& entry : *entries) {
    const std::optional<uint64_t> version = ParseVersion(entry.filename().string());
    if (version && !absl::IsNotFound(CheckFolder(entry))) versions.push_back(*version);
  }
  std::sort(versions.begin(), versions.end());
  return versions;
}

absl::StatusOr<uint64_t> ModelFolder::HighestVersion() const {
  const absl::StatusOr<std::vector<fs::path>> entries = ListFolder(path_);
  if (absl::IsNotFound(entries.status())) return 0;
  if (!entries.ok()) return entries.status();
  uint64_t highest = 0;
  for (const fs::path& entry : *entries) {
    std::string name = entry.filename().string();
    if (name.ends_with(kDeletedSuffix)) name.resize(name.size() - kDeletedSuffix.size());
    highest = std::max(highest, ParseVersion(name).value_or(0));
  }
  return highest;
}

absl::StatusOr<std::optional<uint64_t>> ModelFolder::ReadServingVersion() const {
  constexpr std::optional<uint64_t> kNone;
  const absl::StatusOr<std::string> json = ReadFile(ServingPath(), kMaxSmallFileBytes);
  if (absl::IsNotFound(json.status())) return kNone;
  if (!json.ok()) return json.status();
  v1::ServingVersion serving;
  if (!FromJson(ServingPath(), *json, serving).ok() || serving.version() == 0) return kNone;
  return std::optional(serving.version());
}

absl::StatusOr<v1::ThresholdHistory> ModelFolder::ReadAppliedThresholds(uint64_t version) const {
  const fs::path path = ThresholdsPath(version);
  ADVAE_ASSIGN_OR_RETURN(const std::string json, ReadFile(path, kMaxSmallFileBytes));
  v1::ThresholdHistory history;
  ADVAE_RETURN_IF_ERROR(FromJson(path, json, history));
  if (absl::Status status = ValidateThresholds(history.records()); !status.ok()) {
    return absl::DataLossError(absl::StrCat(path.string(), ": ", status.message()));
  }
  return history;
}

absl::StatusOr<std::vector<v1::ThresholdRecord>> ModelFolder::ReadThresholdHistory(
    uint64_t version) const {
  const absl::StatusOr<v1::ThresholdHistory> applied = ReadAppliedThresholds(version);
  if (applied.ok()) return std::vector(applied->records().begin(), applied->records().end());
  if (!absl::IsNotFound(applied.status())) return applied.status();
  ADVAE_ASSIGN_OR_RETURN(const v1::VersionManifest manifest, ReadManifest(VersionPath(version)));
  const auto& records = manifest.info().threshold_history();
  return std::vector(records.begin(), records.end());
}

}  // namespace advae
