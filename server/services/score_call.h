#ifndef ADVAE_SERVER_SERVICES_SCORE_CALL_H_
#define ADVAE_SERVER_SERVICES_SCORE_CALL_H_

#include <grpcpp/support/server_callback.h>

#include "server/services/score_operation.h"

namespace advae {

// One Score RPC. Its score task owns it; nothing of gRPC's is touched after the task's completion,
// which is when the RPC is answered.
class ScoreCall {
 public:
  // Begins to answer the RPC. All arguments outlive it; returns what stands for it in gRPC.
  static grpc::ServerUnaryReactor* Start(const ScoreResources& resources,
                                         grpc::CallbackServerContext& context,
                                         const Received& request, v1::ScoreResponse& response);

 private:
  ScoreCall(const ScoreResources& resources, grpc::CallbackServerContext& context,
            const Received& request, v1::ScoreResponse& response);

  grpc::CallbackServerContext& context_;
  // gRPC's own: the end of a reactor of ours would be told on another thread.
  grpc::ServerUnaryReactor& reactor_;
  ScoreOperation operation_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_SERVICES_SCORE_CALL_H_
