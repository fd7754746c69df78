#include "server/transport/transport_monitor.h"

#include <grpcpp/server_context.h>

#include <atomic>

namespace advae {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::InterceptorBatchMethods;

// One call.
class TransportRecord : public grpc::experimental::Interceptor {
 public:
  TransportRecord(StallWatch& watch, ConnectionCalls& calls,
                  grpc::experimental::ServerRpcInfo& info)
      : watch_(watch),
        calls_(calls),
        info_(info),
        call_(calls.Begin(info.server_context()->peer())) {}
  ~TransportRecord() override {
    watch_.Forget(sending_);
    calls_.End(call_);
  }

  void Intercept(InterceptorBatchMethods* methods) override {
    const auto at = [methods](InterceptionHookPoints point) {
      return methods->QueryInterceptionHookPoint(point);
    };
    // The end of a status is not told; the call ends with it.
    if (at(InterceptionHookPoints::PRE_SEND_STATUS)) ending_ = true;
    if (at(InterceptionHookPoints::PRE_SEND_MESSAGE) ||
        at(InterceptionHookPoints::PRE_SEND_STATUS) ||
        (at(InterceptionHookPoints::POST_SEND_MESSAGE) && ending_)) {
      watch_.Watch(sending_, info_.server_context()->c_call());
    } else if (at(InterceptionHookPoints::POST_SEND_MESSAGE)) {
      watch_.Forget(sending_);
    }
    methods->Proceed();
  }

 private:
  StallWatch& watch_;
  ConnectionCalls& calls_;
  grpc::experimental::ServerRpcInfo& info_;
  const ConnectionCalls::Call call_;
  StallWatch::Sending sending_;
  std::atomic<bool> ending_ = false;
};

}  // namespace

grpc::experimental::Interceptor* TransportMonitor::CreateServerInterceptor(
    grpc::experimental::ServerRpcInfo* info) {
  return new TransportRecord(watch_, calls_, *info);
}

}  // namespace advae
