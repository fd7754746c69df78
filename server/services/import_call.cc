#include "server/services/import_call.h"

#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/services/grpc_status.h"
#include "server/services/job_spec.h"

namespace advae {
namespace {

constexpr char kEncoder[] = "encoder";
constexpr char kGenerator[] = "generator";

}  // namespace

ImportCall::ImportCall(JobRunner& runner, uint64_t max_row_bytes,
                       grpc::CallbackServerContext& context, v1::ImportVersionResponse& response)
    : runner_(runner), max_row_bytes_(max_row_bytes), context_(context), response_(response) {
  absl::StatusOr<JobCancellation> cancellation = JobCancellation::Create();
  if (!cancellation.ok()) {
    Finish(ToGrpcStatus(cancellation.status(), context_));
    return;
  }
  cancellation_ = std::make_shared<JobCancellation>(*std::move(cancellation));
  StartRead(&request_);
}

void ImportCall::OnReadDone(bool ok) {
  // A stream that was cut is no complete upload.
  absl::Status status = context_.IsCancelled() ? absl::CancelledError("the client has gone")
                        : ok                   ? Take(request_)
                                               : StartImport();
  if (!status.ok()) {
    upload_.reset();  // frees the model before the client can try again
    return Finish(ToGrpcStatus(status, context_));
  }
  if (ok) StartRead(&request_);
}

void ImportCall::OnCancel() {
  if (cancellation_ != nullptr) cancellation_->Cancel();
}

absl::Status ImportCall::Take(const v1::ImportVersionRequest& request) {
  using Request = v1::ImportVersionRequest;
  if (request.payload_case() == Request::kSpec) return Begin(request.spec());
  if (upload_ == nullptr) {
    return absl::InvalidArgumentError("the first message has no spec; expected it before all else");
  }
  switch (request.payload_case()) {
    case Request::kEncoderChunk:
      return upload_->AppendToFile(kEncoder, request.encoder_chunk());
    case Request::kGeneratorChunk:
      return upload_->AppendToFile(kGenerator, request.generator_chunk());
    case Request::kRows:
      return upload_->AppendRows(request.rows());
    default:
      return absl::InvalidArgumentError(
          "a message is empty; expected bytes of the encoder or the generator, or rows");
  }
}

absl::Status ImportCall::Begin(const v1::ImportSpec& spec) {
  if (upload_ != nullptr) return absl::InvalidArgumentError("the spec was sent twice");
  if (absl::Status status = CheckJobSpec(spec); !status.ok()) return status;
  absl::StatusOr<std::unique_ptr<Upload>> upload =
      Upload::Create(runner_, spec.model(), JobKind::kImport, max_row_bytes_);
  if (!upload.ok()) return upload.status();
  upload_ = *std::move(upload);
  spec_ = spec;
  return absl::OkStatus();
}

absl::Status ImportCall::StartImport() {
  if (upload_ == nullptr) {
    return absl::InvalidArgumentError("no spec was sent; expected it as the first message");
  }
  v1::Job job;
  *job.mutable_import()->mutable_spec() = spec_;
  for (const char* name : {kEncoder, kGenerator}) {
    if (!std::filesystem::exists(upload_->PathOf(name))) {
      return absl::InvalidArgumentError(absl::StrCat("no bytes of the ", name, " were sent"));
    }
  }
  job.mutable_import()->set_encoder_path(upload_->PathOf(kEncoder).string());
  job.mutable_import()->set_generator_path(upload_->PathOf(kGenerator).string());
  return upload_->StartJob(std::move(job), cancellation_,
                           {.on_event = [](const v1::JobEvent&) {},
                            .on_done =
                                [this](absl::StatusOr<v1::VersionInfo> version) {
                                  upload_.reset();  // nothing of it is left when the client knows
                                  if (version.ok()) *response_.mutable_version() = *version;
                                  Finish(ToGrpcStatus(version.status(), context_));
                                }});
}

}  // namespace advae
