#include "model/base/input_file.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace advae {

absl::StatusOr<std::unique_ptr<std::istream>> OpenInputFile(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is a folder; expected a file"));
  }
  errno = 0;
  auto file = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*file) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  return file;
}

}  // namespace advae
