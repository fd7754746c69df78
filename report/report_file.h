#ifndef ADVAE_REPORT_REPORT_FILE_H_
#define ADVAE_REPORT_REPORT_FILE_H_

#include <filesystem>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/base/file_descriptor.h"

namespace advae {

// A file that appears complete or not at all: what is written goes to a temporary file beside it.
// Creating it before long work tells early whether the work's result can be kept. Not thread-safe.
class ReportFile {
 public:
  // `path` is replaced when it is a file. kInvalidArgument when it is something else, such as a
  // folder; kUnavailable, with the path, when its folder cannot be written.
  static absl::StatusOr<ReportFile> Create(const std::string& path);

  ReportFile(ReportFile&& other) noexcept
      : path_(std::move(other.path_)),
        temporary_(std::exchange(other.temporary_, {})),
        file_(std::move(other.file_)) {}
  ReportFile& operator=(ReportFile&&) = delete;
  // Removes the temporary file.
  ~ReportFile();

  // Call at most once. kUnavailable, with the path, when the file cannot be written.
  absl::Status Write(const std::string& text);

 private:
  ReportFile(std::filesystem::path path, std::filesystem::path temporary, FileDescriptor file)
      : path_(std::move(path)), temporary_(std::move(temporary)), file_(std::move(file)) {}

  std::filesystem::path path_;
  std::filesystem::path temporary_;  // empty once it was renamed, or moved from
  FileDescriptor file_;              // the temporary file, whatever its name leads to by now
};

}  // namespace advae

#endif  // ADVAE_REPORT_REPORT_FILE_H_
