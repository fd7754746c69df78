#include "server/inference/infer_stream_call.h"

#include "server/messages/grpc_status.h"

namespace advae {

std::optional<InferStreaming::Response> InferStreaming::AnswerTo(
    const Received& request, const absl::Status& error, const grpc::ServerContextBase& context) {
  Response response;
  response.set_error_message(ShownMessage(error, context));
  if (request.status().ok()) {
    response.mutable_infer_response()->set_id(static_cast<const Request&>(request.message()).id());
  }
  return response;
}

}  // namespace advae
