#ifndef ADVAE_SERVER_SERVICES_SCORE_STREAM_CALL_H_
#define ADVAE_SERVER_SERVICES_SCORE_STREAM_CALL_H_

#include <optional>

#include "advae/v1/detector.pb.h"
#include "server/services/operation_stream.h"
#include "server/services/score_operation.h"

namespace advae {

// The messages of ScoreStream, which ends with the first request that fails.
struct ScoreStreaming {
  using Request = v1::ScoreRequest;
  using Response = v1::ScoreResponse;
  using Operation = ScoreOperation;

  static v1::ScoreResponse& AnswerIn(v1::ScoreResponse& response) { return response; }
  static std::optional<v1::ScoreResponse> AnswerTo(const Received& /*request*/,
                                                   const absl::Status& /*error*/,
                                                   const grpc::ServerContextBase& /*context*/) {
    return std::nullopt;
  }
};

using ScoreStreamCall = OperationStream<ScoreStreaming>;

}  // namespace advae

#endif  // ADVAE_SERVER_SERVICES_SCORE_STREAM_CALL_H_
