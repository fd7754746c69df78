#include "server/services/train_call.h"

#include <utility>

#include "server/services/grpc_status.h"
#include "server/services/job_spec.h"

namespace advae {

TrainCall::TrainCall(JobRunner& runner, uint64_t max_row_bytes,
                     grpc::CallbackServerContext& context)
    : runner_(runner), max_row_bytes_(max_row_bytes), context_(context) {
  absl::StatusOr<JobCancellation> cancellation = JobCancellation::Create();
  if (!cancellation.ok()) {
    End(ToGrpcStatus(cancellation.status(), context_));
    return;
  }
  cancellation_ = std::make_shared<JobCancellation>(*std::move(cancellation));
  StartRead(&request_);
}

void TrainCall::OnReadDone(bool ok) {
  // A stream that was cut is no complete set of rows.
  absl::Status status = context_.IsCancelled() ? absl::CancelledError("the client has gone")
                        : ok                   ? Take(request_)
                                               : StartTraining();
  if (!status.ok()) {
    upload_.reset();  // frees the model before the client can try again
    return End(ToGrpcStatus(status, context_));
  }
  if (ok) StartRead(&request_);
}

void TrainCall::OnCancel() {
  if (cancellation_ != nullptr) cancellation_->Cancel();
}

absl::Status TrainCall::Take(const v1::TrainRequest& request) {
  switch (request.payload_case()) {
    case v1::TrainRequest::kSpec:
      return Begin(request.spec());
    case v1::TrainRequest::kRows:
      if (upload_ != nullptr) return upload_->AppendRows(request.rows());
      return absl::InvalidArgumentError("rows were sent before the spec; expected the spec first");
    case v1::TrainRequest::PAYLOAD_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("a message has neither a spec nor rows");
}

absl::Status TrainCall::Begin(const v1::TrainSpec& spec) {
  if (upload_ != nullptr) return absl::InvalidArgumentError("the spec was sent twice");
  if (absl::Status status = CheckJobSpec(spec); !status.ok()) return status;
  absl::StatusOr<std::unique_ptr<Upload>> upload =
      Upload::Create(runner_, spec.model(), JobKind::kTraining, max_row_bytes_);
  if (!upload.ok()) return upload.status();
  upload_ = *std::move(upload);
  spec_ = spec;
  return absl::OkStatus();
}

absl::Status TrainCall::StartTraining() {
  if (upload_ == nullptr) {
    return absl::InvalidArgumentError("no spec was sent; expected it as the first message");
  }
  v1::Job job;
  *job.mutable_train() = spec_;
  return upload_->StartJob(
      std::move(job), cancellation_,
      {.on_event = [this](const v1::JobEvent& event) { OnEvent(event); },
       .on_done =
           [this](absl::StatusOr<v1::VersionInfo> version) { OnTrained(std::move(version)); }});
}

void TrainCall::OnEvent(const v1::JobEvent& event) {
  v1::TrainResponse response;
  if (event.has_started()) {
    *response.mutable_accepted() = event.started();
  } else {
    *response.mutable_progress() = event.progress();
  }
  Send(std::move(response));
}

void TrainCall::OnTrained(absl::StatusOr<v1::VersionInfo> version) {
  upload_.reset();  // nothing of it is left when the client knows
  if (version.ok()) {
    v1::TrainResponse response;
    *response.mutable_finished()->mutable_version() = *version;
    Send(std::move(response));
  }
  End(ToGrpcStatus(version.status(), context_));
}

}  // namespace advae
