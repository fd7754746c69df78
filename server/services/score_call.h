#ifndef ADVAE_SERVER_SERVICES_SCORE_CALL_H_
#define ADVAE_SERVER_SERVICES_SCORE_CALL_H_

#include <grpcpp/support/server_callback.h>

#include "server/services/score_operation.h"

namespace advae {

// One Score RPC. Deletes itself when the RPC has ended.
class ScoreCall : public grpc::ServerUnaryReactor {
 public:
  ScoreCall(ModelTable& table, Batcher& batcher, grpc::CallbackServerContext& context,
            const v1::ScoreRequest& request, v1::ScoreResponse& response);

  void OnCancel() override { operation_.Cancel(); }
  void OnDone() override { delete this; }

 private:
  ScoreOperation operation_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_SERVICES_SCORE_CALL_H_
