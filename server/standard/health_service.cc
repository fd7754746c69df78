#include "server/standard/health_service.h"

#include <atomic>
#include <utility>

#include "server/calls/drained_stream.h"
#include "server/messages/method_handlers.h"
#include "server/standard/health_request.h"

namespace advae {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

// One Watch RPC.
class HealthService::WatchCall
    : public DrainedStream<grpc::ServerWriteReactor<HealthCheckResponse>, HealthCheckResponse> {
 public:
  WatchCall(grpc::CallbackServerContext& context, OpenStreams& streams, bool known)
      : DrainedStream(context, streams), known_(known) {}

  void Announce() override { TellOfStop(); }
  void Drain() override {
    TellOfStop();
    End(absl::UnavailableError("the server is stopping"));
  }

  void OnCancel() override { End(absl::CancelledError("the call was cancelled")); }

 private:
  void Begin() override {
    Tell(known_ ? HealthCheckResponse::SERVING : HealthCheckResponse::SERVICE_UNKNOWN);
  }
  void TellOfStop() {
    if (known_ && !told_of_stop_.exchange(true)) Tell(HealthCheckResponse::NOT_SERVING);
  }
  void Tell(HealthCheckResponse::ServingStatus status) {
    HealthCheckResponse response;
    response.set_status(status);
    Send(std::move(response));
  }

  const bool known_;
  std::atomic<bool> told_of_stop_ = false;
};

HealthService::HealthService(std::set<std::string> services,
                             std::function<bool()> can_read_repository, const AccessControl& access,
                             OpenStreams& streams)
    : services_(std::move(services)),
      can_read_repository_(std::move(can_read_repository)),
      streams_(streams) {
  using Context = grpc::CallbackServerContext;
  using grpc::internal::CallbackServerStreamingHandler;
  using grpc::internal::CallbackUnaryHandler;
  using WatchReactor = grpc::ServerWriteReactor<HealthCheckResponse>;
  const auto index = [](const char* method) {
    return MethodIndex(grpc::health::v1::Health::service_full_name(), method);
  };
  MarkMethodCallback(
      index("Check"),
      new CallbackUnaryHandler<HealthRequest, HealthCheckResponse>(
          [this, &access](Context* context, const HealthRequest* request,
                          HealthCheckResponse* response) -> grpc::ServerUnaryReactor* {
            const auto permit = AdmitCall(access, *context, "/grpc.health.v1.Health/Check");
            if (permit.ok()) return Check(context, &request->message, response);
            grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();  // once a call
            reactor->Finish(ToGrpcStatus(permit.status(), *context));
            return reactor;
          }));
  MarkMethodCallback(
      index("Watch"),
      new CallbackServerStreamingHandler<HealthRequest, HealthCheckResponse>(
          [this, &access](Context* context, const HealthRequest* request) -> WatchReactor* {
            const auto permit = AdmitCall(access, *context, "/grpc.health.v1.Health/Watch");
            if (permit.ok()) return Watch(context, &request->message);
            return new RefusedCall<WatchReactor>(ToGrpcStatus(permit.status(), *context));
          }));
}

grpc::ServerUnaryReactor* HealthService::Check(grpc::CallbackServerContext* context,
                                               const HealthCheckRequest* request,
                                               HealthCheckResponse* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  if (Knows(request->service())) {
    response->set_status(Serves(request->service()) ? HealthCheckResponse::SERVING
                                                    : HealthCheckResponse::NOT_SERVING);
    reactor->Finish(grpc::Status::OK);
  } else {
    reactor->Finish({grpc::StatusCode::NOT_FOUND, "the server has no service of this name"});
  }
  return reactor;
}

grpc::ServerWriteReactor<HealthCheckResponse>* HealthService::Watch(
    grpc::CallbackServerContext* context, const HealthCheckRequest* request) {
  return WatchCall::Launch<WatchCall>(*context, streams_, services_.contains(request->service()));
}

bool HealthService::Knows(const std::string& service) const {
  return service == kRepository || services_.contains(service);
}

bool HealthService::Serves(const std::string& service) const {
  if (service == kRepository) return can_read_repository_();
  return streams_.phase() == OpenStreams::Phase::kServing;
}

}  // namespace advae
