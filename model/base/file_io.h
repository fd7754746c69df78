#ifndef ADVAE_MODEL_BASE_FILE_IO_H_
#define ADVAE_MODEL_BASE_FILE_IO_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace advae {

// File operations that report how the system refused them: kNotFound when a part of the path does
// not exist, kAlreadyExists when something is in the way, kResourceExhausted when the disk or a
// quota is full, kUnavailable otherwise, with a message such as
// "cannot write /models/a/1/manifest.json: No space left on device".

// The most that is read of a file that is small unless somebody has put another one in its place.
inline constexpr uint64_t kMaxSmallFileBytes = uint64_t{64} << 20;

// The status of the failed operation `action` ("write") on `path`; `error` is its errno.
absl::Status FileError(const char* action, const std::filesystem::path& path, int error);

// The bytes of a regular file of at most `max_bytes`, by default any number; kUnavailable for a
// larger one and for what is no regular file. Never waits for the other end of a pipe.
absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path,
                                     std::optional<uint64_t> max_bytes = std::nullopt);

// Creates or overwrites a file. On success the bytes are on the disk (fsync); the file's name is
// once its folder is synced too.
absl::Status WriteFileSynced(const std::filesystem::path& path, std::string_view bytes);

// Makes the names in a folder durable: files created in it, renamed into it or out of it.
absl::Status SyncFolder(const std::filesystem::path& folder);

// Replaces `path` atomically and durably. `temporary` is a path on the same file system that nobody
// else uses.
absl::Status ReplaceFile(const std::filesystem::path& temporary, const std::filesystem::path& path,
                         std::string_view bytes);

// rename(2): atomic. Replaces an existing file, but not a folder with something in it.
absl::Status Rename(const std::filesystem::path& from, const std::filesystem::path& to);

// Creates a folder whose parent exists; fine when it is there already.
absl::Status CreateFolder(const std::filesystem::path& folder);

// Removes a file, or a folder with all that is in it; fine when there is none.
absl::Status RemoveAll(const std::filesystem::path& path);

}  // namespace advae

#endif  // ADVAE_MODEL_BASE_FILE_IO_H_
