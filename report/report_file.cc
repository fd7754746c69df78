#include "report/report_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <string_view>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace advae {
namespace {

namespace fs = std::filesystem;

absl::Status CannotWrite(const fs::path& path, const std::string& why) {
  return absl::UnavailableError(absl::StrCat("cannot write the report ", path.string(), ": ", why));
}

// Creates a file for reports, which anyone may read whom the umask lets. Fails, as errno says, when
// something has the name already, also a link that leads nowhere.
FileDescriptor CreateNew(const fs::path& path) {
  constexpr mode_t kMode = 0666;
  return FileDescriptor(
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kMode));
}

// False, with errno, when not all could be written.
bool WriteAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(file, bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR) return false;
    bytes.remove_prefix(static_cast<size_t>(std::max<ssize_t>(count, 0)));
  }
  return true;
}

}  // namespace

absl::StatusOr<ReportFile> ReportFile::Create(const std::string& path) {
  std::error_code error;
  // Where links lead, so that a rename replaces the file and not a link to it.
  const fs::path target = fs::weakly_canonical(fs::absolute(path), error);
  if (error) return CannotWrite(path, error.message());
  if (fs::exists(target, error) && !fs::is_regular_file(target, error)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the report ", path, " is a folder or device; expected a file"));
  }
  fs::path temporary =
      target.parent_path() /
      absl::StrCat(".", target.filename().string(), ".", absl::Hex(std::random_device()()), ".tmp");
  FileDescriptor file = CreateNew(temporary);
  if (file.get() < 0) return CannotWrite(path, std::generic_category().message(errno));
  return ReportFile(target, std::move(temporary), std::move(file));
}

ReportFile::~ReportFile() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove(temporary_, ignored);
}

absl::Status ReportFile::Write(const std::string& text) {
  if (!WriteAll(file_.get(), text) || close(file_.Release()) != 0) {
    return CannotWrite(path_, std::generic_category().message(errno));
  }
  std::error_code error;
  fs::rename(temporary_, path_, error);
  if (error) return CannotWrite(path_, error.message());
  temporary_.clear();
  return absl::OkStatus();
}

}  // namespace advae
