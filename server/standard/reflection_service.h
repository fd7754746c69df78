#ifndef ADVAE_SERVER_STANDARD_REFLECTION_SERVICE_H_
#define ADVAE_SERVER_STANDARD_REFLECTION_SERVICE_H_

#include <string>
#include <vector>

#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "server/calls/open_streams.h"
#include "server/messages/received.h"

namespace advae {

// gRPC's reflection service, which tells clients such as grpcurl what the server's methods and
// messages are. The one that comes with gRPC has a thread for each open stream, without a bound.
// This one has none, reads no further while an answer is not sent, and leases requests and answers
// from the memory of calls. Thread-safe.
class ReflectionService : public grpc::reflection::v1alpha::ServerReflection::CallbackService {
 public:
  // Larger requests end their call with INVALID_ARGUMENT.
  static constexpr size_t kMaxRequestBytes = 4096;

  // `services` are the names of all others; this one is added. All that is referred to outlives the
  // service.
  ReflectionService(std::vector<std::string> services, const AccessControl& access,
                    MessageLimits& limits, OpenStreams& streams);

 private:
  class Call;

  const std::vector<std::string> services_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_STANDARD_REFLECTION_SERVICE_H_
