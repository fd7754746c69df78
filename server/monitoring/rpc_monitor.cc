#include "server/monitoring/rpc_monitor.h"

#include <grpcpp/server_context.h>

#include <atomic>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/monitoring/log.h"
#include "server/monitoring/status_code_name.h"

namespace advae {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::InterceptorBatchMethods;

// One RPC: lives from its first byte until it has ended, also when the client goes away.
class RpcRecord : public grpc::experimental::Interceptor {
 public:
  RpcRecord(MethodMetrics& metrics, grpc::experimental::ServerRpcInfo& info)
      : metrics_(metrics), info_(info), start_(absl::Now()) {
    metrics_.in_flight().Increment();
  }

  ~RpcRecord() override {
    metrics_.in_flight().Decrement();
    metrics_.Duration(Outcome()).Observe(absl::ToDoubleSeconds(absl::Now() - start_));
  }

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      status_ = methods->GetSendStatus();
      if (!status_.ok()) LogFailure();
    }
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_CLOSE)) {
      client_gone_ = info_.server_context()->IsCancelled();
    }
    methods->Proceed();
  }

 private:
  // A handler may have nothing to complain about when its client has gone.
  grpc::StatusCode Outcome() const {
    return status_.ok() && client_gone_ ? grpc::StatusCode::CANCELLED : status_.error_code();
  }

  void LogFailure() const {
    // What the caller did wrong is the caller's to see; what the server did wrong is ours.
    const bool ours = status_.error_code() == grpc::StatusCode::INTERNAL ||
                      status_.error_code() == grpc::StatusCode::UNKNOWN ||
                      status_.error_code() == grpc::StatusCode::DATA_LOSS;
    Log(ours ? LogLevel::kError : LogLevel::kInfo, "rpc failed",
        {{"method", info_.method()},
         {"code", StatusCodeName(status_.error_code())},
         {"message", status_.error_message()},
         {"duration", absl::FormatDuration(absl::Now() - start_)},
         {"peer", info_.server_context()->peer()}});
  }

  MethodMetrics& metrics_;
  grpc::experimental::ServerRpcInfo& info_;
  const absl::Time start_;
  // What an RPC has that ends before its handler gave a status.
  grpc::Status status_ = grpc::Status(grpc::StatusCode::CANCELLED, "");
  // The RPC's end may be seen before its status is sent.
  std::atomic<bool> client_gone_ = false;
};

}  // namespace

grpc::experimental::Interceptor* RpcMonitor::CreateServerInterceptor(
    grpc::experimental::ServerRpcInfo* info) {
  return new RpcRecord(metrics_.ForMethod(info->method()), *info);
}

}  // namespace advae
