#include "model/repository/staging.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "model/base/file_io.h"
#include "model/base/file_lock.h"
#include "model/base/json_file.h"
#include "model/base/status_macros.h"
#include "model/repository/model_folder.h"

namespace advae {
namespace {

namespace fs = std::filesystem;

constexpr auto kStaleAfter = std::chrono::hours(24);
constexpr absl::Duration kLockLimit = absl::Seconds(10);
constexpr std::string_view kOwnerPrefix = ".owner-";
constexpr size_t kNameLength = 16;

// 16 random hexadecimal digits.
std::string RandomName() {
  std::random_device random;
  return absl::StrCat(absl::Hex((uint64_t{random()} << 32) | random(), absl::kZeroPad16));
}

bool IsRandomName(std::string_view name) {
  return name.size() == kNameLength && std::ranges::all_of(name, absl::ascii_isxdigit);
}

// Who made an entry; empty for one of a release that had no owners, and for foreign ones.
std::optional<std::string> OwnerOf(const fs::path& entry) {
  const std::vector<std::string> parts = absl::StrSplit(entry.filename().string(), '-');
  if (parts.size() != 2 || !IsRandomName(parts[0]) || !IsRandomName(parts[1])) return std::nullopt;
  return parts[0];
}

fs::path OwnerFile(const fs::path& locks, const std::string& owner) {
  return locks / absl::StrCat(std::string(kOwnerPrefix), owner);
}

// When a process started, in clock ticks since boot: field 22 of /proc/PID/stat. Empty when there
// is no such process.
std::string ProcessStartTime(const std::string& pid) {
  std::ifstream file(fs::path("/proc") / pid / "stat");
  const std::string stat{std::istreambuf_iterator<char>(file), {}};
  // Field 2, the program's name in parentheses, may itself have spaces and parentheses.
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return "";
  const std::vector<std::string> fields = absl::StrSplit(stat.substr(name_end + 1), ' ');
  constexpr size_t kStartTime = 22 - 2;  // fields[0] is the empty string before the first space
  return fields.size() > kStartTime ? fields[kStartTime] : "";
}

// Of an entry called <pid>-<start time of the process>-<random>.
bool MadeByLivingProcess(const fs::path& entry) {
  const std::vector<std::string> parts = absl::StrSplit(entry.filename().string(), '-');
  if (parts.size() != 3 || parts[1].empty()) return false;
  return ProcessStartTime(parts[0]) == parts[1];
}

// The last change of an entry and everything in it. What vanishes meanwhile does not count.
fs::file_time_type LastChange(const fs::path& entry) {
  std::error_code error;
  fs::file_time_type latest = fs::last_write_time(entry, error);
  if (error) latest = fs::file_time_type::min();
  fs::recursive_directory_iterator inside(entry, error);
  for (const fs::recursive_directory_iterator end; !error && inside != end;
       inside.increment(error)) {
    std::error_code vanished;
    const fs::file_time_type time = fs::last_write_time(inside->path(), vanished);
    if (!vanished) latest = std::max(latest, time);
  }
  return latest;
}

// Which owners have died. Keeps the locks of those, so that their files can be removed.
class Owners {
 public:
  explicit Owners(fs::path locks) : locks_(std::move(locks)) {}

  bool IsDead(const std::string& owner) {
    if (dead_.contains(owner)) return true;
    absl::StatusOr<std::optional<FileLock>> lock = FileLock::TryExisting(OwnerFile(locks_, owner));
    if (lock.ok() && lock->has_value()) dead_.emplace(owner, **std::move(lock));
    // Without a file somebody has found its owner dead before.
    return dead_.contains(owner) || absl::IsNotFound(lock.status());
  }

  // Those that left a file.
  absl::Status FindAll() {
    const auto files = ListFolder(locks_);
    if (absl::IsNotFound(files.status())) return absl::OkStatus();
    if (!files.ok()) return files.status();
    for (const fs::path& file : *files) {
      const std::string name = file.filename().string();
      if (name.starts_with(kOwnerPrefix)) IsDead(name.substr(kOwnerPrefix.size()));
    }
    return absl::OkStatus();
  }

  void RemoveDead() {
    for (auto& [owner, lock] : dead_) std::move(lock).RemoveFile();
    dead_.clear();
  }

 private:
  const fs::path locks_;
  std::map<std::string, FileLock> dead_;
};

}  // namespace

// The lock of a living owner; the file goes with it.
class StagingArea::Owner {
 public:
  ~Owner() {
    if (held_) std::move(held_->lock).RemoveFile();
  }

  std::optional<std::string> name() const {
    absl::MutexLock lock(&mutex_);
    return held_ ? std::optional(held_->name) : std::nullopt;
  }

  // The owner's name: `name`, unless it got another one before.
  std::string Become(std::string name, FileLock file_lock) {
    absl::MutexLock lock(&mutex_);
    if (!held_) held_.emplace(Held{std::move(name), std::move(file_lock)});
    return held_->name;
  }

 private:
  struct Held {
    std::string name;
    FileLock lock;
  };

  mutable absl::Mutex mutex_;
  std::optional<Held> held_ ABSL_GUARDED_BY(mutex_);
};

StagingArea::StagingArea(const fs::path& root)
    : folder_(root / ".staging"), locks_(root / ".locks"), owner_(std::make_shared<Owner>()) {}

absl::StatusOr<std::string> StagingArea::OwnerName() const {
  if (std::optional<std::string> name = owner_->name()) return *std::move(name);
  ADVAE_RETURN_IF_ERROR(CreateFolder(locks_));
  std::string name = RandomName();
  ADVAE_ASSIGN_OR_RETURN(FileLock lock, FileLock::Acquire(OwnerFile(locks_, name), kLockLimit));
  return owner_->Become(std::move(name), std::move(lock));
}

absl::StatusOr<fs::path> StagingArea::NewPath() const {
  ADVAE_RETURN_IF_ERROR(CreateFolder(folder_));
  ADVAE_ASSIGN_OR_RETURN(const std::string owner, OwnerName());
  return folder_ / absl::StrCat(owner, "-", RandomName());
}

absl::StatusOr<fs::path> StagingArea::NewFolder() const {
  ADVAE_ASSIGN_OR_RETURN(fs::path path, NewPath());
  ADVAE_RETURN_IF_ERROR(CreateFolder(path));
  return path;
}

absl::Status StagingArea::ReplaceJson(const google::protobuf::Message& message,
                                      const fs::path& path) const {
  ADVAE_ASSIGN_OR_RETURN(const std::string json, ToJson(message));
  ADVAE_ASSIGN_OR_RETURN(const fs::path temporary, NewPath());
  return ReplaceFile(temporary, path, json);
}

absl::Status StagingArea::RemoveStale() const {
  Owners owners(locks_);
  absl::Status result = owners.FindAll();
  const auto entries = ListFolder(folder_);
  if (!entries.ok() && !absl::IsNotFound(entries.status())) {
    result.Update(entries.status());
    return result;
  }
  const fs::file_time_type limit = fs::file_time_type::clock::now() - kStaleAfter;
  for (const fs::path& entry : entries.ok() ? *entries : std::vector<fs::path>()) {
    const std::optional<std::string> owner = OwnerOf(entry);
    const bool is_stale =
        owner ? owners.IsDead(*owner) : !MadeByLivingProcess(entry) && LastChange(entry) <= limit;
    if (is_stale) result.Update(RemoveAll(entry));
  }
  owners.RemoveDead();
  return result;
}

}  // namespace advae
