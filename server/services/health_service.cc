#include "server/services/health_service.h"

#include <utility>

namespace advae {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

// One Watch RPC. The service and gRPC share it.
class HealthService::WatchCall : public grpc::ServerWriteReactor<HealthCheckResponse>,
                                 public std::enable_shared_from_this<WatchCall> {
 public:
  WatchCall(HealthService& service, bool known) : service_(service), known_(known) {}

  // Sends the status at the start.
  void Start() {
    response_.set_status(known_ ? HealthCheckResponse::SERVING
                                : HealthCheckResponse::SERVICE_UNKNOWN);
    StartWrite(&response_);
  }

  // Ends the call when the first status is sent. Calls after the first do nothing.
  void End() {
    {
      absl::MutexLock lock(&mutex_);
      ending_ = true;
    }
    Advance();
  }

  void OnWriteDone(bool /*ok*/) override {
    {
      absl::MutexLock lock(&mutex_);
      started_ = true;
    }
    Advance();
  }
  void OnCancel() override { End(); }
  void OnDone() override { service_.Forget(shared_from_this()); }

 private:
  void Advance() {
    {
      absl::MutexLock lock(&mutex_);
      if (!started_ || !ending_ || std::exchange(finished_, true)) return;
    }
    const grpc::Status status(grpc::StatusCode::UNAVAILABLE, "the server is stopping");
    if (!known_) return Finish(status);
    response_.set_status(HealthCheckResponse::NOT_SERVING);
    StartWriteAndFinish(&response_, {}, status);
  }

  HealthService& service_;
  const bool known_;
  HealthCheckResponse response_;  // that is being sent
  absl::Mutex mutex_;
  bool started_ ABSL_GUARDED_BY(mutex_) = false;  // the first status is sent
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

HealthService::HealthService(std::set<std::string> services) : services_(std::move(services)) {}

void HealthService::Drain() {
  std::set<std::shared_ptr<WatchCall>> watches;
  {
    absl::MutexLock lock(&mutex_);
    draining_ = true;
    watches = watches_;
  }
  for (const std::shared_ptr<WatchCall>& call : watches) call->End();
}

grpc::ServerUnaryReactor* HealthService::Check(grpc::CallbackServerContext* context,
                                               const HealthCheckRequest* request,
                                               HealthCheckResponse* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  if (services_.contains(request->service())) {
    response->set_status(draining() ? HealthCheckResponse::NOT_SERVING
                                    : HealthCheckResponse::SERVING);
    reactor->Finish(grpc::Status::OK);
  } else {
    reactor->Finish({grpc::StatusCode::NOT_FOUND, "the server has no service of this name"});
  }
  return reactor;
}

grpc::ServerWriteReactor<HealthCheckResponse>* HealthService::Watch(
    grpc::CallbackServerContext* /*context*/, const HealthCheckRequest* request) {
  const auto call = std::make_shared<WatchCall>(*this, services_.contains(request->service()));
  bool end = false;
  {
    absl::MutexLock lock(&mutex_);
    watches_.insert(call);
    end = draining_;
  }
  call->Start();
  if (end) call->End();
  return call.get();
}

bool HealthService::draining() const {
  absl::MutexLock lock(&mutex_);
  return draining_;
}

void HealthService::Forget(const std::shared_ptr<WatchCall>& call) {
  absl::MutexLock lock(&mutex_);
  watches_.erase(call);
}

}  // namespace advae
