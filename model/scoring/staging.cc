#include "model/scoring/staging.h"

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "model/scoring/file_io.h"

namespace advae {
namespace {

namespace fs = std::filesystem;

constexpr auto kStaleAfter = std::chrono::hours(24);

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

}  // namespace

absl::StatusOr<fs::path> StagingArea::NewPath() const {
  if (absl::Status status = CreateFolder(folder_); !status.ok()) return status;
  const std::string pid = absl::StrCat(getpid());
  std::random_device random;
  const uint64_t number = (uint64_t{random()} << 32) | random();
  return folder_ /
         absl::StrCat(pid, "-", ProcessStartTime(pid), "-", absl::Hex(number, absl::kZeroPad16));
}

absl::StatusOr<fs::path> StagingArea::NewFolder() const {
  absl::StatusOr<fs::path> path = NewPath();
  if (!path.ok()) return path.status();
  if (absl::Status status = CreateFolder(*path); !status.ok()) return status;
  return path;
}

absl::Status StagingArea::RemoveStale() const {
  std::error_code error;
  fs::directory_iterator entries(folder_, error);
  if (error == std::errc::no_such_file_or_directory) return absl::OkStatus();
  const fs::file_time_type limit = fs::file_time_type::clock::now() - kStaleAfter;
  for (const fs::directory_iterator end; !error && entries != end; entries.increment(error)) {
    const fs::path entry = entries->path();
    if (MadeByLivingProcess(entry) || LastChange(entry) > limit) continue;
    if (absl::Status status = RemoveAll(entry); !status.ok()) return status;
  }
  if (error) return FileError("list", folder_, error.value());
  return absl::OkStatus();
}

}  // namespace advae
