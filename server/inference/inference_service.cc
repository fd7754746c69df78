#include "server/inference/inference_service.h"

#include <utility>

#include "server/calls/pooled_answer.h"
#include "server/inference/infer_operation.h"
#include "server/inference/model_description.h"
#include "server/inference/score_request.h"
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

}  // namespace

InferenceService::InferenceService(const ScoreResources& resources, const AccessControl& access,
                                   MessageLimits& limits, std::function<bool()> is_ready)
    : resources_(resources),
      is_ready_(std::move(is_ready)),
      live_messages_(limits),
      ready_messages_(limits),
      model_ready_messages_(limits),
      server_messages_(limits),
      model_messages_(limits),
      infer_messages_(limits),
      index_messages_(limits) {
  using Service = InferenceService;
  MethodHandlers handlers(inference::GRPCInferenceService::service_full_name(), access,
                          [this](int index, grpc::internal::MethodHandler* handler) {
                            MarkMethodCallback(index, handler);
                          });
  handlers.Unary("ServerLive", live_messages_, *this, &Service::ServerLive);
  handlers.Unary("ServerReady", ready_messages_, *this, &Service::ServerReady);
  handlers.Unary("ModelReady", model_ready_messages_, *this, &Service::ModelReady);
  handlers.Unary("ServerMetadata", server_messages_, *this, &Service::ServerMetadata);
  handlers.Unary("ModelMetadata", model_messages_, *this, &Service::ModelMetadata);
  handlers.Unary("RepositoryIndex", index_messages_,
                 [this](Context& context, const Received& request,
                        inference::RepositoryIndexResponse& response) {
                   return AnswerOn(resources_.reads, context, [this, &request, &response] {
                     IndexRepository(resources_.table, request, response);
                     return absl::OkStatus();
                   });
                 });
  handlers.Unary(
      "ModelInfer", infer_messages_,
      [this](Context& context, const Received& request, inference::ModelInferResponse& response) {
        return OperationCall<InferOperation, inference::ModelInferResponse>::Start(
            resources_, context, request, response);
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
  response->set_name("advae");
  response->set_version(ADVAE_VERSION);
  response->add_extensions("model_repository");
  return Answered(*context);
}

grpc::ServerUnaryReactor* InferenceService::ModelMetadata(
    Context* context, const inference::ModelMetadataRequest* request,
    inference::ModelMetadataResponse* response) {
  return AnswerOn(resources_.reads, *context, [this, request, response] {
    return DescribeModel(resources_.table, *request, *response);
  });
}

}  // namespace advae
