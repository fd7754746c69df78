#include "server/services/score_call.h"

#include <memory>

#include "server/services/grpc_status.h"

namespace advae {

grpc::ServerUnaryReactor* ScoreCall::Start(ModelTable& table, Batcher& batcher,
                                           grpc::CallbackServerContext& context,
                                           const Received& request, v1::ScoreResponse& response) {
  const std::shared_ptr<ScoreCall> call(new ScoreCall(table, batcher, context, request, response));
  grpc::ServerUnaryReactor& reactor = call->reactor_;
  call->operation_.Start(absl::FromChrono(context.deadline()), [call](const absl::Status& status) {
    call->reactor_.Finish(ToGrpcStatus(status, call->context_));
  });
  return &reactor;
}

ScoreCall::ScoreCall(ModelTable& table, Batcher& batcher, grpc::CallbackServerContext& context,
                     const Received& request, v1::ScoreResponse& response)
    : context_(context),
      reactor_(*context.DefaultReactor()),
      operation_(table, batcher, request, response, [&context] { return context.IsCancelled(); }) {}

}  // namespace advae
