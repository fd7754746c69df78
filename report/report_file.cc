#include "report/report_file.h"

#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace advae {
namespace {

namespace fs = std::filesystem;

absl::Status CannotWrite(const fs::path& path, const std::string& why) {
  return absl::UnavailableError(absl::StrCat("cannot write the report ", path.string(), ": ", why));
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
      target.parent_path() / absl::StrCat(".", target.filename().string(), ".", ::getpid(), ".tmp");
  if (!std::ofstream(temporary)) return CannotWrite(path, std::generic_category().message(errno));
  return ReportFile(target, std::move(temporary));
}

ReportFile::~ReportFile() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove(temporary_, ignored);
}

absl::Status ReportFile::Write(const std::string& text) {
  std::ofstream file(temporary_, std::ios::binary);
  file << text;
  file.close();
  if (!file) return CannotWrite(path_, std::generic_category().message(errno));
  std::error_code error;
  fs::rename(temporary_, path_, error);
  if (error) return CannotWrite(path_, error.message());
  temporary_.clear();
  return absl::OkStatus();
}

}  // namespace advae
