#include "client/client.h"

#include <grpc/support/time.h>
#include <grpcpp/client_context.h>

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

constexpr size_t kFileChunkBytes = size_t{256} << 10;

// The context of one call, with its deadline, cancellable until the call is over.
class CallScope {
 public:
  CallScope(absl::Duration timeout, TokenFileReader* token, Cancellation* cancellation)
      : cancellable_(cancellation, context_) {
    if (token != nullptr) {
      context_.AddMetadata("authorization", absl::StrCat("Bearer ", token->Token()));
    }
    if (timeout < absl::InfiniteDuration()) {
      // By the clock that nobody sets: absl::Now() is late to follow the wall clock when that
      // jumps.
      context_.set_deadline(
          gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                       gpr_time_from_nanos(absl::ToInt64Nanoseconds(timeout), GPR_TIMESPAN)));
    }
  }
  grpc::ClientContext& context() { return context_; }

 private:
  grpc::ClientContext context_;
  CancellableCall cancellable_;
};

// Makes a unary call of one of the stubs.
template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> Call(CallScope&& scope, Stub& stub,
                              grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                           Response*),
                              const Request& request) {
  Response response;
  const grpc::Status status = (stub.*method)(&scope.context(), request, &response);
  if (!status.ok()) return FromGrpcStatus(status);
  return response;
}

// Fills in the rows of a request; false when there are none left.
template <typename Request>
absl::StatusOr<bool> FillIn(const RowSource& rows, Request& request) {
  request.mutable_rows()->Clear();
  return rows(*request.mutable_rows());
}
template <typename Request>
absl::StatusOr<bool> FillIn(const TableSource& rows, Request& request) {
  request.mutable_table()->Clear();
  return rows(*request.mutable_table());
}

// Writes the rows as requests of a training or an import. A failed write is no error: the call has
// ended and its own status says why.
template <typename Request, typename Stream, typename Source>
absl::Status WriteRows(Stream& stream, const Source& rows) {
  Request request;
  for (;;) {
    ADVAE_ASSIGN_OR_RETURN(const bool more, FillIn(rows, request));
    if (!more || !stream.Write(request)) return absl::OkStatus();
  }
}

using ImportWriter = grpc::ClientWriterInterface<v1::ImportVersionRequest>;
using ChunkField = std::string* (v1::ImportVersionRequest::*)();

// Writes a weight file as the chunks of one field.
absl::Status WriteFile(ImportWriter& writer, std::istream& file, ChunkField chunk) {
  v1::ImportVersionRequest request;
  std::string& bytes = *(request.*chunk)();
  do {
    bytes.resize(kFileChunkBytes);
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<size_t>(file.gcount()));
  } while (!bytes.empty() && writer.Write(request));
  if (file.bad()) return absl::DataLossError("cannot read the file of weights");
  return absl::OkStatus();
}

absl::Status WriteImport(ImportWriter& writer, const v1::ImportSpec& spec, WeightFiles weights,
                         const RowSource& rows) {
  v1::ImportVersionRequest first;
  *first.mutable_spec() = spec;
  if (!writer.Write(first)) return absl::OkStatus();
  absl::Status status =
      WriteFile(writer, *weights.encoder, &v1::ImportVersionRequest::mutable_encoder_chunk);
  if (!status.ok()) return status;
  status =
      WriteFile(writer, *weights.generator, &v1::ImportVersionRequest::mutable_generator_chunk);
  if (!status.ok()) return status;
  return WriteRows<v1::ImportVersionRequest>(writer, rows);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Client>> Client::Create(ClientOptions options) {
  if (options.credentials == nullptr) {
    if (options.token != nullptr && !IsLoopbackTarget(options.target)) {
      return absl::InvalidArgumentError(
          absl::StrCat("the token would go to ", options.target,
                       " unencrypted, where others may read it; expected a connection with TLS"));
    }
    options.credentials = grpc::InsecureChannelCredentials();
  }
  ADVAE_ASSIGN_OR_RETURN(
      const std::shared_ptr<grpc::Channel> channel,
      CreateRetryingChannel(options.target, options.credentials, options.retry, options.keepalive));
  return std::make_unique<Client>(CreateStubs(channel), options);
}

Client::Client(ClientStubs stubs, const ClientOptions& options)
    : stubs_(std::move(stubs)),
      token_(options.token),
      timeout_(options.timeout),
      stream_timeout_(options.stream_timeout),
      cancellation_(options.cancellation) {}

absl::StatusOr<v1::VersionInfo> Client::Train(const v1::TrainSpec& spec, const RowSource& rows,
                                              const TrainObserver& observer,
                                              const CallEnded& call_ended) {
  return TrainOn(spec, rows, observer, call_ended);
}

absl::StatusOr<v1::VersionInfo> Client::Train(const v1::TrainSpec& spec, const TableSource& rows,
                                              const TrainObserver& observer,
                                              const CallEnded& call_ended) {
  return TrainOn(spec, rows, observer, call_ended);
}

template <typename Source>
absl::StatusOr<v1::VersionInfo> Client::TrainOn(const v1::TrainSpec& spec, const Source& rows,
                                                const TrainObserver& observer,
                                                const CallEnded& call_ended) {
  CallScope scope(stream_timeout_, token_.get(), cancellation_);
  const auto stream = stubs_.detector->Train(&scope.context());
  EndRace race(call_ended);
  // The first event comes after the last row, unless the call ends before.
  v1::TrainResponse event;
  bool has_event = false;
  std::thread first_read([&] {
    has_event = stream->Read(&event);
    if (!has_event) race.CallEnds();
  });
  v1::TrainRequest first;
  *first.mutable_spec() = spec;
  absl::Status source_status;
  if (stream->Write(first)) source_status = WriteRows<v1::TrainRequest>(*stream, rows);
  if (!race.RowsEnd()) source_status = absl::OkStatus();
  if (source_status.ok()) {
    stream->WritesDone();
  } else {
    scope.context().TryCancel();
  }
  first_read.join();
  std::optional<v1::VersionInfo> version;
  for (; has_event; has_event = stream->Read(&event)) {
    if (event.has_finished()) {
      version = event.finished().version();
    } else if (observer != nullptr) {
      observer(event);
    }
  }
  const grpc::Status status = stream->Finish();
  if (!source_status.ok()) return source_status;
  if (!status.ok()) return FromGrpcStatus(status);
  if (!version) return absl::InternalError("the server ended the training without a version");
  return *std::move(version);
}

absl::StatusOr<v1::ScoreResponse> Client::Score(const v1::ScoreRequest& request) {
  return Call(CallScope(timeout_, token_.get(), cancellation_), *stubs_.detector,
              &v1::AnomalyDetector::StubInterface::Score, request);
}

absl::Status Client::ScoreStream(const v1::ScoreRequest& settings, const RowSource& rows,
                                 const ScoreSink& sink, const CallEnded& call_ended) {
  return StreamScores(
      settings, [&](v1::ScoreRequest& request) { return FillIn(rows, request); }, sink, call_ended);
}

absl::Status Client::ScoreStream(const v1::ScoreRequest& settings, const TableSource& rows,
                                 const ScoreSink& sink, const CallEnded& call_ended) {
  return StreamScores(
      settings, [&](v1::ScoreRequest& request) { return FillIn(rows, request); }, sink, call_ended);
}

absl::Status Client::StreamScores(const v1::ScoreRequest& settings, const RequestSource& rows,
                                  const ScoreSink& sink, const CallEnded& call_ended) {
  CallScope scope(stream_timeout_, token_.get(), cancellation_);
  const auto stream = stubs_.detector->ScoreStream(&scope.context());
  return RunScorePipeline(scope.context(), *stream, settings, rows, sink, call_ended);
}

absl::StatusOr<v1::ThresholdResponse> Client::Threshold(const v1::ThresholdRequest& request) {
  return Call(CallScope(timeout_, token_.get(), cancellation_), *stubs_.detector,
              &v1::AnomalyDetector::StubInterface::Threshold, request);
}

absl::StatusOr<v1::ListModelsResponse> Client::ListModels() {
  return Call(CallScope(timeout_, token_.get(), cancellation_), *stubs_.registry,
              &v1::ModelRegistry::StubInterface::ListModels, v1::ListModelsRequest());
}

absl::StatusOr<v1::GetModelResponse> Client::GetModel(const std::string& model) {
  v1::GetModelRequest request;
  request.set_model(model);
  return Call(CallScope(timeout_, token_.get(), cancellation_), *stubs_.registry,
              &v1::ModelRegistry::StubInterface::GetModel, request);
}

absl::StatusOr<inference::RepositoryIndexResponse> Client::RepositoryIndex() {
  return Call(CallScope(timeout_, token_.get(), cancellation_), *stubs_.inference,
              &inference::GRPCInferenceService::StubInterface::RepositoryIndex,
              inference::RepositoryIndexRequest());
}

absl::StatusOr<v1::ModelSummary> Client::SetServingVersion(const std::string& model,
                                                           uint64_t version) {
  v1::SetServingVersionRequest request;
  request.set_model(model);
  request.set_version(version);
  ADVAE_ASSIGN_OR_RETURN(v1::SetServingVersionResponse response,
                         Call(CallScope(timeout_, token_.get(), cancellation_), *stubs_.registry,
                              &v1::ModelRegistry::StubInterface::SetServingVersion, request));
  return std::move(*response.mutable_summary());
}

absl::StatusOr<v1::DeleteVersionResponse> Client::DeleteVersion(const std::string& model,
                                                                uint64_t version,
                                                                bool permanently) {
  v1::DeleteVersionRequest request;
  request.set_model(model);
  request.set_version(version);
  request.set_permanently(permanently);
  return Call(CallScope(timeout_, token_.get(), cancellation_), *stubs_.registry,
              &v1::ModelRegistry::StubInterface::DeleteVersion, request);
}

absl::StatusOr<v1::DeleteModelResponse> Client::DeleteModel(const std::string& model,
                                                            bool permanently) {
  v1::DeleteModelRequest request;
  request.set_model(model);
  request.set_permanently(permanently);
  return Call(CallScope(timeout_, token_.get(), cancellation_), *stubs_.registry,
              &v1::ModelRegistry::StubInterface::DeleteModel, request);
}

absl::StatusOr<v1::UndeleteResponse> Client::Undelete(const std::string& model,
                                                      std::optional<uint64_t> version) {
  v1::UndeleteRequest request;
  request.set_model(model);
  if (version) request.set_version(*version);
  return Call(CallScope(timeout_, token_.get(), cancellation_), *stubs_.registry,
              &v1::ModelRegistry::StubInterface::Undelete, request);
}

absl::StatusOr<v1::ListDeletedResponse> Client::ListDeleted(const std::string& model) {
  v1::ListDeletedRequest request;
  request.set_model(model);
  return Call(CallScope(timeout_, token_.get(), cancellation_), *stubs_.registry,
              &v1::ModelRegistry::StubInterface::ListDeleted, request);
}

absl::StatusOr<v1::VersionInfo> Client::ImportVersion(const v1::ImportSpec& spec,
                                                      WeightFiles weights, const RowSource& rows,
                                                      const CallEnded& call_ended) {
  CallScope scope(stream_timeout_, token_.get(), cancellation_);
  v1::ImportVersionResponse response;
  const auto writer = stubs_.registry->ImportVersion(&scope.context(), &response);
  EndRace race(call_ended);
  grpc::Status status;
  std::thread waiter([&] {
    status = writer->Finish();
    race.CallEnds();
  });
  absl::Status written = WriteImport(*writer, spec, weights, rows);
  if (!race.RowsEnd()) written = absl::OkStatus();
  if (written.ok()) {
    writer->WritesDone();
  } else {
    scope.context().TryCancel();
  }
  waiter.join();
  if (!written.ok()) return written;
  if (!status.ok()) return FromGrpcStatus(status);
  return std::move(*response.mutable_version());
}

absl::StatusOr<bool> Client::IsServing(const std::string& service, absl::Duration limit) {
  using ::grpc::health::v1::Health;
  using ::grpc::health::v1::HealthCheckRequest;
  using ::grpc::health::v1::HealthCheckResponse;
  HealthCheckRequest request;
  request.set_service(service);
  ADVAE_ASSIGN_OR_RETURN(const HealthCheckResponse response,
                         Call(CallScope(std::min(timeout_, limit), token_.get(), cancellation_),
                              *stubs_.health, &Health::StubInterface::Check, request));
  return response.status() == HealthCheckResponse::SERVING;
}

}  // namespace advae
