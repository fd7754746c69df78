#ifndef ADVAE_MODEL_BASE_FILE_LOCK_H_
#define ADVAE_MODEL_BASE_FILE_LOCK_H_

#include <filesystem>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace advae {

// An exclusive lock on a file (flock), against other processes, on this machine and on those that
// mount the same file system, and against other threads. The kernel frees it when its holder dies.
// A file system without locks is an error. Move-only; not thread-safe.
class FileLock {
 public:
  // Locks `path`, whose folder exists and which is created when absent. kUnavailable when another
  // holds the lock for longer than `limit`, and otherwise as in file_io.h.
  static absl::StatusOr<FileLock> Acquire(const std::filesystem::path& path, absl::Duration limit);

  // Locks a file that exists, if nobody else has; empty when somebody has. kNotFound when there is
  // no such file, otherwise as in file_io.h.
  static absl::StatusOr<std::optional<FileLock>> TryExisting(const std::filesystem::path& path);

  FileLock(FileLock&& other) noexcept
      : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

  // Removes the file and frees the lock. Those who wait for it lock a new file.
  void RemoveFile() &&;

 private:
  FileLock(std::filesystem::path path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}

  // Locks the file, if nobody else has, with these further flags of open().
  static absl::StatusOr<std::optional<FileLock>> TryOnce(const std::filesystem::path& path,
                                                         int flags);

  std::filesystem::path path_;
  int descriptor_;  // negative after a move
};

}  // namespace advae

#endif  // ADVAE_MODEL_BASE_FILE_LOCK_H_
