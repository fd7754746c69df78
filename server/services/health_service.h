#ifndef ADVAE_SERVER_SERVICES_HEALTH_SERVICE_H_
#define ADVAE_SERVER_SERVICES_HEALTH_SERVICE_H_

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace advae {

// The standard health service. All services serve from the start until Drain. The one that comes
// with gRPC keeps every Watch open until the server has stopped, so that a client which watches
// would hold up each stop for the whole drain timeout. Thread-safe.
class HealthService : public grpc::health::v1::Health::CallbackService {
 public:
  // Check of this name tells whether the repository can be read, also during a drain: without it
  // the server serves on, with what it has loaded.
  static constexpr char kRepository[] = "advae.repository";

  // The names that clients may ask for besides. "" stands for the server as a whole.
  // `can_read_repository` is called on any thread and must not block.
  HealthService(std::set<std::string> services, std::function<bool()> can_read_repository);

  // Nothing serves any more: tells those who watch, and ends their calls with UNAVAILABLE.
  void Drain();

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const grpc::health::v1::HealthCheckRequest* request,
                                  grpc::health::v1::HealthCheckResponse* response) override;
  grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>* Watch(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request) override;

 private:
  class WatchCall;

  bool draining() const;
  // Whether there is a service of this name, and what Check says of it.
  bool Knows(const std::string& service) const;
  bool Serves(const std::string& service) const;
  // Whether the call will be told of a drain: not when that has begun.
  bool Remember(const std::shared_ptr<WatchCall>& call);
  void Forget(const std::shared_ptr<WatchCall>& call);

  const std::set<std::string> services_;
  const std::function<bool()> can_read_repository_;
  mutable absl::Mutex mutex_;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<std::shared_ptr<WatchCall>> watches_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace advae

#endif  // ADVAE_SERVER_SERVICES_HEALTH_SERVICE_H_
