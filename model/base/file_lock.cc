#include "model/base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "model/base/file_io.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kFileMode = 0644;
constexpr absl::Duration kLongestPause = absl::Milliseconds(50);

// True while `path` names the open file, which whoever held the lock before may have removed.
bool IsNamed(int descriptor, const fs::path& path) {
  struct stat open_file;
  struct stat named;
  return fstat(descriptor, &open_file) == 0 && stat(path.c_str(), &named) == 0 &&
         open_file.st_ino == named.st_ino && open_file.st_dev == named.st_dev;
}

}  // namespace

absl::StatusOr<std::optional<FileLock>> FileLock::TryOnce(const fs::path& path, int flags) {
  while (true) {
    // For writing, which NFS asks of an exclusive lock.
    const int descriptor = open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK | flags, kFileMode);
    if (descriptor < 0) return FileError("open", path, errno);
    FileLock lock(path, descriptor);
    if (flock(descriptor, LOCK_EX | LOCK_NB) < 0) {
      if (errno == EINTR) continue;
      if (errno == EWOULDBLOCK) return std::optional<FileLock>();
      return FileError("lock", path, errno);
    }
    if (IsNamed(descriptor, path)) return std::optional<FileLock>(std::move(lock));
  }
}

absl::StatusOr<FileLock> FileLock::Acquire(const fs::path& path, absl::Duration limit) {
  absl::Duration pause = absl::Milliseconds(1);
  absl::Duration waited;
  while (true) {
    ADVAE_ASSIGN_OR_RETURN(std::optional<FileLock> lock, TryOnce(path, O_CREAT));
    if (lock.has_value()) return *std::move(lock);
    if (waited >= limit) {
      return absl::UnavailableError(absl::StrCat("another process has held the lock ",
                                                 path.string(), " for ",
                                                 absl::FormatDuration(limit)));
    }
    absl::SleepFor(pause);
    waited += pause;
    pause = std::min(2 * pause, kLongestPause);
  }
}

absl::StatusOr<std::optional<FileLock>> FileLock::TryExisting(const fs::path& path) {
  return TryOnce(path, 0);
}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

void FileLock::RemoveFile() && {
  unlink(path_.c_str());
  close(std::exchange(descriptor_, -1));
}

}  // namespace advae
