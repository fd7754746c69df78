#include "server/services/train_call.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "model/base/error_subject.h"
#include "model/base/status_macros.h"
#include "model/spec/job_spec.h"

namespace advae {
namespace {

// What every training has.
constexpr uint64_t kLeastRows = 2;
constexpr uint32_t kLeastColumns = 1;

absl::Status CheckWithoutTable(const v1::TrainSpec& spec) {
  const char* const field = spec.strict()                                         ? "strict"
                            : !spec.columns().empty()                             ? "columns"
                            : !spec.missing_marks().empty()                       ? "missing_marks"
                            : spec.decimal_mark() != v1::DECIMAL_MARK_UNSPECIFIED ? "decimal_mark"
                                                                                  : nullptr;
  if (field == nullptr) return absl::OkStatus();
  return AtField(absl::InvalidArgumentError(absl::StrCat(
                     "the spec has ", field,
                     ", which is about tables, but the messages have rows; send tables instead")),
                 absl::StrCat("spec.", field));
}

}  // namespace

absl::Status TrainCall::CheckSpec(const v1::TrainSpec& spec) const {
  ADVAE_RETURN_IF_ERROR(CheckTrainSpec(spec));
  return CheckTrainingMemory(spec, kLeastRows, kLeastColumns, MemoryLimits());
}

absl::Status TrainCall::TakeData(const v1::TrainRequest& request) {
  uint32_t features = kLeastColumns;
  if (request.has_rows()) {
    ADVAE_RETURN_IF_ERROR(CheckWithoutTable(spec()));
    ADVAE_RETURN_IF_ERROR(upload().AppendRows(request.rows()));
    features = upload().columns();
  } else if (request.has_table()) {
    // What its columns become is known to the job, which checks again.
    ADVAE_RETURN_IF_ERROR(upload().AppendTable(request.table()));
  } else {
    return absl::InvalidArgumentError("a message has neither a spec nor rows nor a table");
  }
  // As soon as it is known that the rows are too many, not when all are there.
  return CheckTrainingMemory(spec(), upload().rows(), features, MemoryLimits());
}

absl::StatusOr<v1::Job> TrainCall::MakeJob() {
  v1::Job job;
  *job.mutable_train() = spec();
  return job;
}

void TrainCall::OnEvent(const v1::JobEvent& event) {
  v1::TrainResponse response;
  if (event.has_started()) {
    *response.mutable_accepted() = event.started();
  } else if (queued() < kMaxUnread) {
    *response.mutable_progress() = event.progress();
  } else {
    return;
  }
  Send(std::move(response));
}

void TrainCall::OnVersion(const v1::VersionInfo& version) {
  v1::TrainResponse response;
  *response.mutable_finished()->mutable_version() = version;
  Send(std::move(response));
}

}  // namespace advae
