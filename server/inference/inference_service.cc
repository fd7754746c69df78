#include "server/inference/inference_service.h"

#include <utility>

#include "server/calls/pooled_answer.h"
#include "server/inference/infer_operation.h"
#include "server/inference/infer_stream_call.h"
#include "server/inference/model_description.h"
#include "server/inference/model_statistics.h"
#include "server/inference/score_request.h"
#include "server/messages/grpc_status.h"
#include "server/messages/method_handlers.h"
#include "server/services/operation_call.h"

namespace advae {
namespace {

using Context = grpc::CallbackServerContext;

grpc::ServerUnaryReactor* Answered(Context& context) {
  grpc::ServerUnaryReactor* const reactor = context.DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* Refused(Context& context, const char* reason) {
  grpc::ServerUnaryReactor* const reactor = context.DefaultReactor();
  reactor->Finish(ToGrpcStatus(absl::UnimplementedError(reason), context));
  return reactor;
}

}  // namespace

InferenceService::InferenceService(const InferenceServiceOptions& options)
    : resources_(options.scoring),
      is_ready_(options.is_ready),
      live_messages_(options.limits),
      ready_messages_(options.limits),
      model_ready_messages_(options.limits),
      server_messages_(options.limits),
      model_messages_(options.limits),
      infer_messages_(options.limits),
      index_messages_(options.limits),
      config_messages_(options.limits),
      statistics_messages_(options.limits),
      load_messages_(options.limits),
      unload_messages_(options.limits) {
  using Service = InferenceService;
  MethodHandlers handlers(inference::GRPCInferenceService::service_full_name(), options.access,
                          [this](int index, grpc::internal::MethodHandler* handler) {
                            MarkMethodCallback(index, handler);
                          });
  handlers.Unary("ServerLive", live_messages_, *this, &Service::ServerLive);
  handlers.Unary("ServerReady", ready_messages_, *this, &Service::ServerReady);
  handlers.Unary("ModelReady", model_ready_messages_, *this, &Service::ModelReady);
  handlers.Unary("ServerMetadata", server_messages_, *this, &Service::ServerMetadata);
  // What the table says, on a thread that may wait for its lock.
  const auto described = [this](auto describe) {
    return [this, describe](Context& context, const Received& request, auto& response) {
      return AnswerOn(resources_.reads, context, [this, describe, &request, &response] {
        return describe(resources_.table, request, response);
      });
    };
  };
  handlers.Unary("ModelMetadata", model_messages_, described(&DescribeModel));
  handlers.Unary("ModelConfig", config_messages_, described(&DescribeConfig));
  handlers.Unary("RepositoryModelLoad", load_messages_, *this, &Service::RepositoryModelLoad);
  handlers.Unary("RepositoryModelUnload", unload_messages_, *this, &Service::RepositoryModelUnload);
  handlers.Unary("ModelStatistics", statistics_messages_, described(&DescribeStatistics));
  handlers.Unary("RepositoryIndex", index_messages_, described(&IndexRepository));
  handlers.Unary(
      "ModelInfer", infer_messages_,
      [this](Context& context, const Received& request, inference::ModelInferResponse& response) {
        return OperationCall<InferOperation, inference::ModelInferResponse>::Start(
            resources_, context, request, response);
      });
  const StreamResources streaming = {
      .scoring = options.scoring,
      .limits = options.limits,
      .streams = options.streams,
      .alarms = options.alarms,
      .requests = &options.metrics.ForMethod(RpcMetrics::kStreamInfer)};
  handlers.Bidi<inference::ModelStreamInferResponse>(
      "ModelStreamInfer", [streaming](Context& context, CallPermit permit) {
        return InferStreamCall::Launch<InferStreamCall>(context, std::move(permit), streaming);
      });
}

grpc::ServerUnaryReactor* InferenceService::ServerLive(
    Context* context, const inference::ServerLiveRequest* /*request*/,
    inference::ServerLiveResponse* response) {
  response->set_live(true);
  return Answered(*context);
}

grpc::ServerUnaryReactor* InferenceService::ServerReady(
    Context* context, const inference::ServerReadyRequest* /*request*/,
    inference::ServerReadyResponse* response) {
  response->set_ready(is_ready_());
  return Answered(*context);
}

grpc::ServerUnaryReactor* InferenceService::ModelReady(Context* context,
                                                       const inference::ModelReadyRequest* request,
                                                       inference::ModelReadyResponse* response) {
  const auto version = VersionOf(request->version());
  response->set_ready(version.ok() && resources_.table.Find(request->name(), *version).ok());
  return Answered(*context);
}

grpc::ServerUnaryReactor* InferenceService::ServerMetadata(
    Context* context, const inference::ServerMetadataRequest* /*request*/,
    inference::ServerMetadataResponse* response) {
  *response = DescribeServer("model_repository");
  return Answered(*context);
}

grpc::ServerUnaryReactor* InferenceService::RepositoryModelLoad(
    Context* context, const inference::RepositoryModelLoadRequest* /*request*/,
    inference::RepositoryModelLoadResponse* /*response*/) {
  return Refused(*context,
                 "models are not loaded by hand: every version in the repository is loaded, from "
                 "the moment it is trained or imported");
}

grpc::ServerUnaryReactor* InferenceService::RepositoryModelUnload(
    Context* context, const inference::RepositoryModelUnloadRequest* /*request*/,
    inference::RepositoryModelUnloadResponse* /*response*/) {
  return Refused(*context,
                 "models are not unloaded by hand: a version is loaded until it is deleted "
                 "(DeleteModel and DeleteVersion of advae.v1.ModelRegistry)");
}

}  // namespace advae
