#ifndef ADVAE_SERVER_JOBS_UPLOAD_H_
#define ADVAE_SERVER_JOBS_UPLOAD_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/repository/row_file.h"
#include "model/repository/table_file.h"
#include "server/jobs/job_runner.h"
#include "server/quotas/tenant.h"

namespace advae {

// What a client sends for one job: holds the model's slot from the first message on, and the files
// in a staging folder that goes with the object. Not thread-safe.
class Upload {
 public:
  // Takes up to `max_bytes` of rows and files, or of a table. Holds `share` of its caller's quotas.
  // kInvalidArgument for an invalid model name; errors as in JobRunner::Reserve and
  // Repository::CreateStagingFolder. `runner` outlives the upload.
  static absl::StatusOr<std::unique_ptr<Upload>> Create(JobRunner& runner, const std::string& model,
                                                        JobKind kind, uint64_t max_bytes,
                                                        QuotaHold share = {});
  ~Upload();
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

  // The first chunk's feature names are the rows'. kInvalidArgument after a table; otherwise errors
  // as in ViewOf and RowFileWriter::Append.
  absl::Status AppendRows(const v1::Matrix& chunk);
  // kInvalidArgument after rows; otherwise errors as in TableView::Create and CheckNamesToKeep, and
  // in TableFileWriter::Append.
  absl::Status AppendTable(const v1::Table& chunk);

  // Of the rows, or the table, so far.
  uint64_t rows() const { return table_ ? table_->rows() : rows_.rows(); }
  uint32_t columns() const { return table_ ? table_->columns() : rows_.columns(); }

  // Adds to the file `name`, one of the server's own choosing. kResourceExhausted for more bytes
  // than the upload takes, or when the disk is full; kUnavailable when it cannot be written.
  absl::Status AppendToFile(const std::string& name, const std::string& bytes);
  uint64_t file_bytes() const { return file_bytes_; }  // of all files, so far
  std::filesystem::path PathOf(const std::string& name) const { return folder_ / name; }

  // Runs `job` on what was sent; see JobRunner::Start. The upload outlives the job.
  // kInvalidArgument when there are no rows, otherwise the errors of RowFileWriter::Finish and
  // TableFileWriter::Finish; then nothing runs and no callback is called. Called once.
  absl::Status StartJob(v1::Job job, std::shared_ptr<JobCancellation> cancellation,
                        JobRunner::Callbacks callbacks);

 private:
  // kResourceExhausted unless `bytes` more may be sent.
  absl::Status CheckRoom(uint64_t bytes) const;

  Upload(JobRunner& runner, std::unique_ptr<JobRunner::Slot> slot, std::filesystem::path folder,
         uint64_t max_bytes, QuotaHold share);

  const QuotaHold share_;
  JobRunner& runner_;
  std::unique_ptr<JobRunner::Slot> slot_;
  const std::filesystem::path folder_;
  const uint64_t max_bytes_;
  RowFileWriter rows_;
  uint64_t file_bytes_ = 0;
  std::optional<TableFileWriter> table_;  // from its first chunk on
};

}  // namespace advae

#endif  // ADVAE_SERVER_JOBS_UPLOAD_H_
