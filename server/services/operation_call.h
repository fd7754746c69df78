#ifndef ADVAE_SERVER_SERVICES_OPERATION_CALL_H_
#define ADVAE_SERVER_SERVICES_OPERATION_CALL_H_

#include <grpcpp/support/server_callback.h>

#include <memory>

#include "absl/status/status.h"
#include "model/base/steady_clock.h"
#include "server/calls/caller_key.h"
#include "server/messages/grpc_status.h"
#include "server/services/score_operation.h"

namespace advae {

// One unary RPC that an operation, such as ScoreOperation, answers. Its score task owns it; nothing
// of gRPC's is touched after the task's completion, which is when the RPC is answered.
template <typename Operation, typename Response>
class OperationCall {
 public:
  // Begins to answer the RPC. All arguments outlive it; returns what stands for it in gRPC.
  static grpc::ServerUnaryReactor* Start(const ScoreResources& resources,
                                         grpc::CallbackServerContext& context,
                                         const Received& request, Response& response) {
    const std::shared_ptr<OperationCall> call(
        new OperationCall(resources, context, request, response));
    grpc::ServerUnaryReactor& reactor = call->reactor_;
    call->operation_.Start(SteadyDeadline(context.deadline()), [call](const absl::Status& status) {
      call->reactor_.Finish(ToGrpcStatus(status, call->context_));
    });
    return &reactor;
  }

 private:
  OperationCall(const ScoreResources& resources, grpc::CallbackServerContext& context,
                const Received& request, Response& response)
      : context_(context),
        reactor_(*context.DefaultReactor()),
        operation_(
            resources, request, response,
            {.key = [&context,
                     &caller = request.permit().caller()] { return CallerKey(caller, context); },
             .weight = request.permit().caller().weight(),
             .cancelled = [&context] { return context.IsCancelled(); }}) {}

  grpc::CallbackServerContext& context_;
  // gRPC's own: the end of a reactor of ours would be told on another thread.
  grpc::ServerUnaryReactor& reactor_;
  Operation operation_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_SERVICES_OPERATION_CALL_H_
