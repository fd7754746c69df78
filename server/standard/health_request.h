#ifndef ADVAE_SERVER_STANDARD_HEALTH_REQUEST_H_
#define ADVAE_SERVER_STANDARD_HEALTH_REQUEST_H_

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include "grpc/health/v1/health.pb.h"

namespace advae {

// A request of the health service. gRPC is given this in place of the message itself, so that only
// what can be a service's name is parsed.
struct HealthRequest {
  static constexpr size_t kMaxBytes = 1024;
  // What a larger or malformed message asks for: no service has this name.
  static constexpr char kNoService[] = "?";

  grpc::health::v1::HealthCheckRequest message;
};

}  // namespace advae

template <>
class grpc::SerializationTraits<advae::HealthRequest, void> {
 public:
  static grpc::Status Deserialize(grpc::ByteBuffer* bytes, advae::HealthRequest* request) {
    using Message = grpc::health::v1::HealthCheckRequest;
    if (bytes->Length() > advae::HealthRequest::kMaxBytes ||
        !grpc::SerializationTraits<Message>::Deserialize(bytes, &request->message).ok()) {
      request->message.set_service(advae::HealthRequest::kNoService);
      bytes->Clear();
    }
    return grpc::Status::OK;
  }
};

#endif  // ADVAE_SERVER_STANDARD_HEALTH_REQUEST_H_
