#include "server/services/train_call.h"

#include <utility>

#include "model/fitting/job_spec.h"

namespace advae {
namespace {

// What every training has.
constexpr uint64_t kLeastRows = 2;
constexpr uint32_t kLeastColumns = 1;

}  // namespace

absl::Status TrainCall::Take(const v1::TrainRequest& request) {
  switch (request.payload_case()) {
    case v1::TrainRequest::kSpec:
      return Begin(request.spec());
    case v1::TrainRequest::kRows:
      if (upload() != nullptr) return TakeRows(request.rows());
      return absl::InvalidArgumentError("rows were sent before the spec; expected the spec first");
    case v1::TrainRequest::PAYLOAD_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("a message has neither a spec nor rows");
}

absl::Status TrainCall::Begin(const v1::TrainSpec& spec) {
  if (upload() != nullptr) return absl::InvalidArgumentError("the spec was sent twice");
  absl::Status status = CheckTrainSpec(spec);
  if (status.ok()) status = CheckTrainingMemory(spec, kLeastRows, kLeastColumns, MemoryLimits());
  if (!status.ok()) return status;
  spec_ = spec;
  return BeginUpload(spec.model(), JobKind::kTraining);
}

absl::Status TrainCall::TakeRows(const v1::Matrix& rows) {
  if (absl::Status status = upload()->AppendRows(rows); !status.ok()) return status;
  // As soon as it is known that the rows are too many, not when all are there.
  return CheckTrainingMemory(spec_, upload()->rows(), upload()->columns(), MemoryLimits());
}

absl::StatusOr<v1::Job> TrainCall::MakeJob() {
  if (upload() == nullptr) {
    return absl::InvalidArgumentError("no spec was sent; expected it as the first message");
  }
  v1::Job job;
  *job.mutable_train() = spec_;
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
