#include "server/services/score_call.h"

#include <memory>

#include "model/base/steady_clock.h"
#include "server/calls/caller_key.h"
#include "server/messages/grpc_status.h"

namespace advae {

grpc::ServerUnaryReactor* ScoreCall::Start(const ScoreResources& resources,
                                           grpc::CallbackServerContext& context,
                                           const Received& request, v1::ScoreResponse& response) {
  const std::shared_ptr<ScoreCall> call(new ScoreCall(resources, context, request, response));
  grpc::ServerUnaryReactor& reactor = call->reactor_;
  call->operation_.Start(SteadyDeadline(context.deadline()), [call](const absl::Status& status) {
    call->reactor_.Finish(ToGrpcStatus(status, call->context_));
  });
  return &reactor;
}

ScoreCall::ScoreCall(const ScoreResources& resources, grpc::CallbackServerContext& context,
                     const Received& request, v1::ScoreResponse& response)
    : context_(context),
      reactor_(*context.DefaultReactor()),
      operation_(resources, request, response,
                 {.key = [&context] { return CallerKey(context); },
                  .cancelled = [&context] { return context.IsCancelled(); }}) {}

}  // namespace advae
