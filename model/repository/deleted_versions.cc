#include "model/repository/deleted_versions.h"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/base/error_subject.h"
#include "model/base/file_io.h"
#include "model/base/status_macros.h"
#include "model/repository/model_folder.h"
#include "model/repository/model_name.h"

namespace advae {
namespace {

namespace fs = std::filesystem;

constexpr char kFolder[] = ".deleted";
constexpr std::string_view kModel = "model";

struct EntryName {
  absl::Time time;
  std::optional<uint64_t> version;  // empty: a model
};

// Empty for a foreign name.
std::optional<EntryName> ParseName(std::string_view name) {
  const size_t dash = name.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  int64_t microseconds = 0;
  const char* const end = name.data() + dash;
  const auto [parsed_end, error] = std::from_chars(name.data(), end, microseconds);
  if (error != std::errc() || parsed_end != end || microseconds <= 0) return std::nullopt;
  const std::string_view what = name.substr(dash + 1);
  const std::optional<uint64_t> version = ParseVersion(what);
  if (!version && what != kModel) return std::nullopt;
  return EntryName{.time = absl::FromUnixMicros(microseconds), .version = version};
}

// The entries of a folder, none when it does not exist.
absl::StatusOr<std::vector<fs::path>> ListIfThere(const fs::path& folder) {
  absl::StatusOr<std::vector<fs::path>> entries = ListFolder(folder);
  if (absl::IsNotFound(entries.status())) return std::vector<fs::path>();
  return entries;
}

}  // namespace

DeletedVersions::DeletedVersions(const fs::path& root, std::string_view model)
    : folder_(root / kFolder / model), model_(model) {}

absl::Status DeletedVersions::KeepVersion(const fs::path& folder, uint64_t version,
                                          absl::Time time) const {
  return Keep(folder, std::to_string(version), time);
}

absl::Status DeletedVersions::KeepModel(const fs::path& folder, absl::Time time) const {
  return Keep(folder, kModel, time);
}

absl::Status DeletedVersions::Keep(const fs::path& folder, std::string_view what,
                                   absl::Time time) const {
  const fs::path all = folder_.parent_path();
  ADVAE_RETURN_IF_ERROR(CreateFolder(all));
  ADVAE_RETURN_IF_ERROR(SyncFolder(all.parent_path()));
  ADVAE_RETURN_IF_ERROR(CreateFolder(folder_));
  ADVAE_RETURN_IF_ERROR(SyncFolder(all));
  const std::string name = absl::StrCat(absl::ToUnixMicros(time), "-", std::string(what));
  ADVAE_RETURN_IF_ERROR(Rename(folder, folder_ / name));
  absl::Status status = SyncFolder(folder_);
  status.Update(SyncFolder(folder.parent_path()));
  return status;
}

absl::StatusOr<std::vector<DeletedVersions::Entry>> DeletedVersions::Entries() const {
  ADVAE_ASSIGN_OR_RETURN(const std::vector<fs::path> files, ListIfThere(folder_));
  std::vector<Entry> entries;
  for (const fs::path& file : files) {
    const std::optional<EntryName> name = ParseName(file.filename().string());
    if (!name || absl::IsNotFound(CheckFolder(file))) continue;
    entries.push_back({.time = name->time, .version = name->version, .path = file});
  }
  std::ranges::sort(entries, [](const Entry& left, const Entry& right) {
    return std::tie(left.time, left.path) > std::tie(right.time, right.path);
  });
  return entries;
}

absl::StatusOr<std::vector<DeletedVersion>> DeletedVersions::List() const {
  ADVAE_ASSIGN_OR_RETURN(const std::vector<Entry> entries, Entries());
  std::vector<DeletedVersion> versions;
  const auto add = [&](const Entry& entry, uint64_t version, fs::path path) {
    versions.push_back(
        {.model = model_, .version = version, .time = entry.time, .path = std::move(path)});
  };
  for (const Entry& entry : entries) {
    if (entry.version) {
      add(entry, *entry.version, entry.path);
      continue;
    }
    const ModelFolder model(entry.path);
    ADVAE_ASSIGN_OR_RETURN(const std::vector<uint64_t> inside, model.ListVersions());
    for (auto version = inside.rbegin(); version != inside.rend(); ++version) {
      add(entry, *version, model.VersionPath(*version));
    }
  }
  return versions;
}

absl::StatusOr<std::vector<DeletedVersion>> DeletedVersions::Find(
    std::optional<uint64_t> version) const {
  ADVAE_ASSIGN_OR_RETURN(std::vector<DeletedVersion> versions, List());
  if (!version) {
    if (!versions.empty()) return versions;
    return About(
        absl::NotFoundError(absl::StrCat("no deleted version of model '", model_, "' is kept")),
        {.model = model_});
  }
  std::erase_if(versions, [&](const DeletedVersion& each) { return each.version != *version; });
  if (!versions.empty()) return versions;
  return About(absl::NotFoundError(absl::StrCat("no deleted version ", *version, " of model '",
                                                model_, "' is kept")),
               {.model = model_, .version = version});
}

absl::StatusOr<std::vector<fs::path>> DeletedVersions::Excess(const KeptDeletions& keep,
                                                              absl::Time now) const {
  ADVAE_ASSIGN_OR_RETURN(const std::vector<Entry> entries, Entries());
  std::vector<fs::path> excess;
  size_t kept = 0;
  for (const Entry& entry : entries) {
    const auto versions = ModelFolder(entry.path).ListVersions();
    const bool is_empty = !entry.version && versions.ok() && versions->empty();
    if (is_empty || entry.time + keep.age <= now || kept == keep.per_model) {
      excess.push_back(entry.path);
    } else {
      ++kept;
    }
  }
  return excess;
}

void DeletedVersions::RemoveIfEmpty() const {
  std::error_code not_empty;
  fs::remove(folder_, not_empty);
}

absl::StatusOr<std::vector<std::string>> ModelsWithDeletions(const fs::path& root) {
  ADVAE_ASSIGN_OR_RETURN(const std::vector<fs::path> entries, ListIfThere(root / kFolder));
  std::vector<std::string> models;
  for (const fs::path& entry : entries) {
    std::string name = entry.filename().string();
    if (ValidateModelName(name).ok() && CheckFolder(entry).ok()) models.push_back(std::move(name));
  }
  std::ranges::sort(models);
  return models;
}

}  // namespace advae
