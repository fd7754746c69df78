#ifndef ADVAE_SERVER_INFERENCE_INFER_STREAM_CALL_H_
#define ADVAE_SERVER_INFERENCE_INFER_STREAM_CALL_H_

#include <grpcpp/server_context.h>

#include <optional>

#include "absl/status/status.h"
#include "inference/inference.pb.h"
#include "server/inference/infer_operation.h"
#include "server/services/operation_stream.h"

namespace advae {

// The messages of ModelStreamInfer, which goes on when a request fails.
struct InferStreaming {
  using Request = inference::ModelInferRequest;
  using Response = inference::ModelStreamInferResponse;
  using Operation = InferOperation;

  static inference::ModelInferResponse& AnswerIn(Response& response) {
    return *response.mutable_infer_response();
  }
  // The message of the error, and the id of a request that could be read.
  static std::optional<Response> AnswerTo(const Received& request, const absl::Status& error,
                                          const grpc::ServerContextBase& context);
};

using InferStreamCall = OperationStream<InferStreaming>;

}  // namespace advae

#endif  // ADVAE_SERVER_INFERENCE_INFER_STREAM_CALL_H_
