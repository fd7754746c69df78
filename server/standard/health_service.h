#ifndef ADVAE_SERVER_STANDARD_HEALTH_SERVICE_H_
#define ADVAE_SERVER_STANDARD_HEALTH_SERVICE_H_

#include <functional>
#include <set>
#include <string>

#include "grpc/health/v1/health.grpc.pb.h"
#include "server/calls/open_streams.h"
#include "server/identity/access_control.h"

namespace advae {

// The standard health service. All services serve until a stop is announced to the open streams:
// those who watch are told, and when the streams are drained, their calls end with UNAVAILABLE. The
// one that comes with gRPC keeps every Watch open until the server has stopped. Thread-safe.
class HealthService : public grpc::health::v1::Health::CallbackService {
 public:
  // Check of this name tells whether the repository can be read, also during a drain: without it
  // the server serves on, with what it has loaded.
  static constexpr char kRepository[] = "advae.repository";

  // The names that clients may ask for besides. "" stands for the server as a whole.
  // `can_read_repository` is called on any thread and must not block. `access` and `streams`
  // outlive the service.
  HealthService(std::set<std::string> services, std::function<bool()> can_read_repository,
                const AccessControl& access, OpenStreams& streams);

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const grpc::health::v1::HealthCheckRequest* request,
                                  grpc::health::v1::HealthCheckResponse* response) override;
  grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>* Watch(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request) override;

 private:
  class WatchCall;

  // Whether there is a service of this name, and what Check says of it.
  bool Knows(const std::string& service) const;
  bool Serves(const std::string& service) const;

  const std::set<std::string> services_;
  const std::function<bool()> can_read_repository_;
  OpenStreams& streams_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_STANDARD_HEALTH_SERVICE_H_
