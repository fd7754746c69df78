#ifndef ADVAE_SERVER_INFERENCE_INFERENCE_SERVICE_H_
#define ADVAE_SERVER_INFERENCE_INFERENCE_SERVICE_H_

#include <functional>

#include "inference/inference.grpc.pb.h"
#include "server/base/steady_alarm.h"
#include "server/base/work_pool.h"
#include "server/calls/open_streams.h"
#include "server/messages/message_allocator.h"
#include "server/metrics/metrics.h"
#include "server/services/score_operation.h"

namespace advae {

// What the service works with. All of it outlives the service.
struct InferenceServiceOptions {
  ScoreResources scoring;
  const AccessControl& access;
  MessageLimits& limits;
  OpenStreams& streams;
  AlarmThread& alarms;
  RpcMetrics& metrics;
  // Whether new requests are taken; called on any thread, must not block.
  std::function<bool()> is_ready;
};

// The RPCs of inference.GRPCInferenceService, the Open Inference Protocol. Thread-safe.
class InferenceService : public inference::GRPCInferenceService::CallbackService {
 public:
  explicit InferenceService(const InferenceServiceOptions& options);

  grpc::ServerUnaryReactor* ServerLive(grpc::CallbackServerContext* context,
                                       const inference::ServerLiveRequest* request,
                                       inference::ServerLiveResponse* response) override;
  grpc::ServerUnaryReactor* ServerReady(grpc::CallbackServerContext* context,
                                        const inference::ServerReadyRequest* request,
                                        inference::ServerReadyResponse* response) override;
  grpc::ServerUnaryReactor* ModelReady(grpc::CallbackServerContext* context,
                                       const inference::ModelReadyRequest* request,
                                       inference::ModelReadyResponse* response) override;
  grpc::ServerUnaryReactor* ServerMetadata(grpc::CallbackServerContext* context,
                                           const inference::ServerMetadataRequest* request,
                                           inference::ServerMetadataResponse* response) override;
  grpc::ServerUnaryReactor* RepositoryModelLoad(
      grpc::CallbackServerContext* context, const inference::RepositoryModelLoadRequest* request,
      inference::RepositoryModelLoadResponse* response) override;
  grpc::ServerUnaryReactor* RepositoryModelUnload(
      grpc::CallbackServerContext* context, const inference::RepositoryModelUnloadRequest* request,
      inference::RepositoryModelUnloadResponse* response) override;

 private:
  template <typename Request, typename Response>
  using Messages = MessageAllocator<Request, Response>;

  const ScoreResources resources_;
  const std::function<bool()> is_ready_;
  Messages<inference::ServerLiveRequest, inference::ServerLiveResponse> live_messages_;
  Messages<inference::ServerReadyRequest, inference::ServerReadyResponse> ready_messages_;
  Messages<inference::ModelReadyRequest, inference::ModelReadyResponse> model_ready_messages_;
  Messages<inference::ServerMetadataRequest, inference::ServerMetadataResponse> server_messages_;
  Messages<inference::ModelMetadataRequest, inference::ModelMetadataResponse> model_messages_;
  Messages<inference::ModelInferRequest, inference::ModelInferResponse> infer_messages_;
  Messages<inference::RepositoryIndexRequest, inference::RepositoryIndexResponse> index_messages_;
  Messages<inference::ModelConfigRequest, inference::ModelConfigResponse> config_messages_;
  Messages<inference::ModelStatisticsRequest, inference::ModelStatisticsResponse>
      statistics_messages_;
  Messages<inference::RepositoryModelLoadRequest, inference::RepositoryModelLoadResponse>
      load_messages_;
  Messages<inference::RepositoryModelUnloadRequest, inference::RepositoryModelUnloadResponse>
      unload_messages_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_INFERENCE_INFERENCE_SERVICE_H_
