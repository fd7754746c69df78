#ifndef ADVAE_MODEL_REPOSITORY_ROW_FILE_H_
#define ADVAE_MODEL_REPOSITORY_ROW_FILE_H_

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "advae/v1/job.pb.h"
#include "model/data/matrix.h"

namespace advae {

// The training rows of a job in a file: the values row after row, as little-endian binary32, and
// nothing else. Their shape and the names of the columns are in v1::RowFile.

// Writes a row file chunk by chunk, so that memory holds one chunk at a time. The file is not
// removed. Not thread-safe.
class RowFileWriter {
 public:
  // Writes to a new file `path` of at most `max_bytes`. What goes wrong is told by Append and
  // Finish.
  explicit RowFileWriter(const std::filesystem::path& path,
                         uint64_t max_bytes = std::numeric_limits<uint64_t>::max());

  void SetFeatureNames(const std::vector<std::string>& names);

  // kInvalidArgument for a chunk with other columns than the first; kResourceExhausted when the
  // limit is reached or the disk is full; kUnavailable when the file cannot be written. After an
  // error nothing more is appended.
  absl::Status Append(MatrixView chunk);

  // Of what was appended so far.
  uint64_t rows() const { return file_.rows(); }
  uint32_t columns() const { return file_.columns(); }

  // The file with all rows, which may be none. kResourceExhausted and kUnavailable as above.
  absl::StatusOr<v1::RowFile> Finish();

 private:
  const uint64_t max_bytes_;
  uint64_t bytes_ = 0;
  v1::RowFile file_;
  std::ofstream stream_;
};

// Reads a row file. kInvalidArgument when there are no columns or fewer than two rows; kUnavailable
// when the file cannot be read; kDataLoss when its size is not that of the rows.
absl::StatusOr<Matrix> ReadRowFile(const v1::RowFile& file);

}  // namespace advae

#endif  // ADVAE_MODEL_REPOSITORY_ROW_FILE_H_
