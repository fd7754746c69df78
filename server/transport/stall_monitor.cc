#include "server/transport/stall_monitor.h"

#include <grpcpp/server_context.h>

#include <atomic>

namespace advae {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::InterceptorBatchMethods;

// One call.
class StallRecord : public grpc::experimental::Interceptor {
 public:
  StallRecord(StallWatch& watch, grpc::experimental::ServerRpcInfo& info)
      : watch_(watch), info_(info) {}
  ~StallRecord() override { watch_.Forget(sending_); }

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
  grpc::experimental::ServerRpcInfo& info_;
  StallWatch::Sending sending_;
  std::atomic<bool> ending_ = false;
};

}  // namespace

grpc::experimental::Interceptor* StallMonitor::CreateServerInterceptor(
    grpc::experimental::ServerRpcInfo* info) {
  return new StallRecord(watch_, *info);
}

}  // namespace advae
