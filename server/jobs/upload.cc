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

constexpr uintmax_t kMaxFileBytes = uintmax_t{1} << 30;

absl::Status MixedError() {
  return absl::InvalidArgumentError(
      "the messages have both rows and tables; expected all with rows, or all with tables");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Upload>> Upload::Create(JobRunner& runner, const std::string& model,
                                                       JobKind kind, uint64_t max_row_bytes,
                                                       QuotaHold share) {
  ADVAE_RETURN_IF_ERROR(ValidateModelName(model));
  ADVAE_ASSIGN_OR_RETURN(std::unique_ptr<JobRunner::Slot> slot, runner.Reserve(model, kind));
  ADVAE_ASSIGN_OR_RETURN(std::filesystem::path folder, runner.repository().CreateStagingFolder());
  return std::unique_ptr<Upload>(
      new Upload(runner, std::move(slot), std::move(folder), max_row_bytes, std::move(share)));
}

Upload::Upload(JobRunner& runner, std::unique_ptr<JobRunner::Slot> slot,
               std::filesystem::path folder, uint64_t max_row_bytes, QuotaHold share)
    : share_(std::move(share)),
      runner_(runner),
      slot_(std::move(slot)),
      folder_(std::move(folder)),
      max_row_bytes_(max_row_bytes),
      rows_(folder_ / "rows.f32", max_row_bytes) {}

Upload::~Upload() {
  // What cannot be removed now is removed when a server next starts.
  RemoveAll(folder_).IgnoreError();
}

absl::Status Upload::AppendRows(const v1::Matrix& chunk) {
  if (table_) return MixedError();
  ADVAE_ASSIGN_OR_RETURN(const MatrixView view, AtField(ViewOf(chunk), "rows"));
  if (rows_.rows() == 0) {
    rows_.SetFeatureNames({chunk.feature_names().begin(), chunk.feature_names().end()});
  }
  return rows_.Append(view);
}

absl::Status Upload::AppendTable(const v1::Table& chunk) {
  if (rows_.rows() > 0) return MixedError();
  ADVAE_RETURN_IF_ERROR(AtField(TableView::Create(chunk, kMaxColumns).status(), "table"));
  if (!table_) table_.emplace(PathOf("table.pb"), max_row_bytes_);
  return table_->Append(chunk);
}

absl::Status Upload::AppendToFile(const std::string& name, const std::string& bytes) {
  const std::filesystem::path path = PathOf(name);
  errno = 0;
  std::ofstream file(path, std::ios::binary | std::ios::app);
  file.seekp(0, std::ios::end);
  if (file && static_cast<uintmax_t>(file.tellp()) + bytes.size() > kMaxFileBytes) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "the ", name, " file is larger than the server takes, ", kMaxFileBytes, " bytes"));
  }
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (file) return absl::OkStatus();
  return FileError("write", path, errno);
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
  runner_.Start(std::move(slot_), std::move(job), std::move(cancellation), std::move(callbacks));
  return absl::OkStatus();
}

}  // namespace advae
