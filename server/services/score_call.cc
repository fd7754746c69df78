#include "server/services/score_call.h"

#include "server/services/grpc_status.h"

namespace advae {

ScoreCall::ScoreCall(ModelTable& table, Batcher& batcher, grpc::CallbackServerContext& context,
                     const v1::ScoreRequest& request, v1::ScoreResponse& response)
    : operation_(table, batcher, request, response) {
  operation_.Start(absl::FromChrono(context.deadline()), [this, &context](absl::Status status) {
    Finish(ToGrpcStatus(status, context));
  });
}

}  // namespace advae
