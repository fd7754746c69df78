#ifndef ADVAE_SERVER_JOBS_ROW_SPOOL_H_
#define ADVAE_SERVER_JOBS_ROW_SPOOL_H_

#include <cstdint>
#include <filesystem>
#include <fstream>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "advae/v1/job.pb.h"
#include "advae/v1/types.pb.h"

namespace advae {

// Collects the row chunks of one upload in a file, so that memory holds one chunk at a time. The
// file is not removed. Not thread-safe.
class RowSpool {
 public:
  // Writes to a new file `path` of at most `max_bytes`.
  RowSpool(std::filesystem::path path, uint64_t max_bytes);

  // kInvalidArgument for a matrix of the wrong shape or with other columns than the first chunk;
  // kResourceExhausted when the limit is reached or the disk is full; kUnavailable when the file
  // cannot be written. After an error nothing more is appended.
  absl::Status Append(const v1::Matrix& chunk);

  // Of what was appended so far.
  uint64_t rows() const { return rows_.rows(); }
  uint32_t columns() const { return rows_.columns(); }

  // The file with all rows. kInvalidArgument when there are none; kResourceExhausted and
  // kUnavailable as above.
  absl::StatusOr<v1::RowFile> Finish();

 private:
  const uint64_t max_bytes_;
  uint64_t bytes_ = 0;
  v1::RowFile rows_;
  std::ofstream file_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_JOBS_ROW_SPOOL_H_
