#include "server/jobs/upload.h"

#include <cerrno>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/base/error_subject.h"
#include "model/base/file_io.h"
#include "model/base/status_macros.h"
#include "model/table/table_view.h"
#include "server/base/request_matrix.h"

namespace advae {
namespace {

absl::Status MixedError() {
  return absl::InvalidArgumentError(
      "the messages have both rows and tables; expected all with rows, or all with tables");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Upload>> Upload::Create(JobRunner& runner, const std::string& model,
                                                       JobKind kind, uint64_t max_bytes,
                                                       QuotaHold share) {
  ADVAE_RETURN_IF_ERROR(ValidateModelName(model));
  ADVAE_ASSIGN_OR_RETURN(std::unique_ptr<JobRunner::Slot> slot, runner.Reserve(model, kind));
  ADVAE_ASSIGN_OR_RETURN(std::filesystem::path folder, runner.repository().CreateStagingFolder());
  return std::unique_ptr<Upload>(
      new Upload(runner, std::move(slot), std::move(folder), max_bytes, std::move(share)));
}

Upload::Upload(JobRunner& runner, std::unique_ptr<JobRunner::Slot> slot,
               std::filesystem::path folder, uint64_t max_bytes, QuotaHold share)
    : share_(std::move(share)),
      runner_(runner),
      slot_(std::move(slot)),
      folder_(std::move(folder)),
      max_bytes_(max_bytes),
      rows_(folder_ / "rows.f32", max_bytes) {}

Upload::~Upload() {
  // What cannot be removed now is removed when a server next starts.
  RemoveAll(folder_).IgnoreError();
}

absl::Status Upload::AppendRows(const v1::Matrix& chunk) {
  if (table_) return MixedError();
  ADVAE_ASSIGN_OR_RETURN(const MatrixView view, AtField(ViewOf(chunk), "rows"));
  if (file_bytes_ > 0) {
    ADVAE_RETURN_IF_ERROR(CheckRoom(view.rows * view.columns * sizeof(float)));
  }
  if (rows_.rows() == 0) {
    rows_.SetFeatureNames({chunk.feature_names().begin(), chunk.feature_names().end()});
  }
  return rows_.Append(view);
}

absl::Status Upload::AppendTable(const v1::Table& chunk) {
  if (rows_.rows() > 0) return MixedError();
  const absl::StatusOr<TableView> view = TableView::Create(chunk, kMaxColumns);
  ADVAE_RETURN_IF_ERROR(AtField(view.ok() ? view->CheckNamesToKeep() : view.status(), "table"));
  if (!table_) table_.emplace(PathOf("table.pb"), max_bytes_);
  return table_->Append(chunk);
}

absl::Status Upload::AppendToFile(const std::string& name, const std::string& bytes) {
  ADVAE_RETURN_IF_ERROR(CheckRoom(bytes.size()));
  const std::filesystem::path path = PathOf(name);
  errno = 0;
  std::ofstream file(path, std::ios::binary | std::ios::app);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) return FileError("write", path, errno);
  file_bytes_ += bytes.size();
  return absl::OkStatus();
}

absl::Status Upload::CheckRoom(uint64_t bytes) const {
  const uint64_t row_bytes = rows_.rows() * rows_.columns() * sizeof(float);
  if (bytes <= max_bytes_ && file_bytes_ + row_bytes <= max_bytes_ - bytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("the rows and files are larger than the server takes, ", max_bytes_,
                   " bytes (--max_training_bytes)"));
}

absl::Status Upload::StartJob(v1::Job job, std::shared_ptr<JobCancellation> cancellation,
                              JobRunner::Callbacks callbacks) {
  if (rows() == 0) {
    return AtField(absl::InvalidArgumentError(
                       "no training rows were sent; expected messages with rows after the spec"),
                   "rows");
  }
  if (table_) {
    ADVAE_ASSIGN_OR_RETURN(*job.mutable_table(), table_->Finish());
  } else {
    ADVAE_ASSIGN_OR_RETURN(*job.mutable_rows(), rows_.Finish());
  }
  return runner_.Start(std::move(slot_), std::move(job), std::move(cancellation),
                       std::move(callbacks));
}

}  // namespace advae
