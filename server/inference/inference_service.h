#ifndef ADVAE_SERVER_INFERENCE_INFERENCE_SERVICE_H_
#define ADVAE_SERVER_INFERENCE_INFERENCE_SERVICE_H_

#include <functional>

#include "inference/inference.grpc.pb.h"
#include "server/base/work_pool.h"
#include "server/messages/message_allocator.h"
#include "server/services/score_operation.h"

namespace advae {

// The RPCs of inference.GRPCInferenceService, the Open Inference Protocol. Thread-safe.
class InferenceService : public inference::GRPCInferenceService::CallbackService {
 public:
  // `is_ready` tells whether new requests are taken; it is called on any thread and must not block.
  // All that is referred to outlives the service.
  InferenceService(const ScoreResources& resources, const AccessControl& access,
                   MessageLimits& limits, std::function<bool()> is_ready);

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
  grpc::ServerUnaryReactor* ModelMetadata(grpc::CallbackServerContext* context,
                                          const inference::ModelMetadataRequest* request,
                                          inference::ModelMetadataResponse* response) override;

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
};

}  // namespace advae

#endif  // ADVAE_SERVER_INFERENCE_INFERENCE_SERVICE_H_
