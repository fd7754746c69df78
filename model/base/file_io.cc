#include "model/base/file_io.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"
#include "model/base/system_error.h"

namespace advae {
namespace {

constexpr mode_t kFileMode = 0644;
constexpr mode_t kFolderMode = 0755;

// Repeats a system call that a signal interrupts.
template <typename Call>
auto Retry(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

// An open file, closed at the end of the scope.
class OpenFile {
 public:
  OpenFile(const std::filesystem::path& path, int flags)
      : descriptor_(Retry([&] { return open(path.c_str(), flags | O_CLOEXEC, kFileMode); })) {}
  ~OpenFile() {
    if (ok()) close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  bool ok() const { return descriptor_ >= 0; }  // otherwise errno says why
  int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
};

}  // namespace

absl::Status FileError(const char* action, const std::filesystem::path& path, int error) {
  const std::string message =
      absl::StrCat("cannot ", action, " ", path.string(), ": ", SystemErrorMessage(error));
  if (error == ENOENT) return absl::NotFoundError(message);
  if (error == EEXIST || error == ENOTEMPTY) return absl::AlreadyExistsError(message);
  if (error == ENOSPC || error == EDQUOT) return absl::ResourceExhaustedError(message);
  return absl::UnavailableError(message);
}

absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path,
                                     std::optional<uint64_t> max_bytes) {
  const OpenFile file(path, O_RDONLY | O_NONBLOCK);
  if (!file.ok()) return FileError("open", path, errno);
  struct stat status;
  if (fstat(file.descriptor(), &status) < 0) return FileError("read", path, errno);
  if (!S_ISREG(status.st_mode)) return FileError("read", path, EISDIR);
  if (max_bytes && static_cast<uint64_t>(status.st_size) > *max_bytes) {
    return FileError("read", path, EFBIG);
  }
  std::string bytes(static_cast<size_t>(status.st_size), '\0');
  size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t count =
        Retry([&] { return read(file.descriptor(), bytes.data() + size, bytes.size() - size); });
    if (count < 0) return FileError("read", path, errno);
    if (count == 0) break;
    size += static_cast<size_t>(count);
  }
  bytes.resize(size);
  return bytes;
}

absl::Status WriteFileSynced(const std::filesystem::path& path, std::string_view bytes) {
  const OpenFile file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file.ok()) return FileError("create", path, errno);
  while (!bytes.empty()) {
    const ssize_t count =
        Retry([&] { return write(file.descriptor(), bytes.data(), bytes.size()); });
    if (count < 0) return FileError("write", path, errno);
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  if (Retry([&] { return fsync(file.descriptor()); }) < 0) return FileError("sync", path, errno);
  return absl::OkStatus();
}

absl::Status SyncFolder(const std::filesystem::path& folder) {
  const OpenFile file(folder, O_RDONLY | O_DIRECTORY);
  if (!file.ok()) return FileError("open", folder, errno);
  if (Retry([&] { return fsync(file.descriptor()); }) < 0) return FileError("sync", folder, errno);
  return absl::OkStatus();
}

absl::Status ReplaceFile(const std::filesystem::path& temporary, const std::filesystem::path& path,
                         std::string_view bytes) {
  const absl::Cleanup remove_temporary = [&] { RemoveAll(temporary).IgnoreError(); };
  ADVAE_RETURN_IF_ERROR(WriteFileSynced(temporary, bytes));
  ADVAE_RETURN_IF_ERROR(Rename(temporary, path));
  return SyncFolder(path.parent_path());
}

absl::Status Rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (std::rename(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  const int error = errno;
  return FileError(absl::StrCat("rename ", from.string(), " to").c_str(), to, error);
}

absl::Status CreateFolder(const std::filesystem::path& folder) {
  if (mkdir(folder.c_str(), kFolderMode) == 0 || errno == EEXIST) return absl::OkStatus();
  return FileError("create folder", folder, errno);
}

absl::Status RemoveAll(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return FileError("remove", path, error.value());
  return absl::OkStatus();
}

}  // namespace advae
