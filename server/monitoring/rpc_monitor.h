#ifndef ADVAE_SERVER_MONITORING_RPC_MONITOR_H_
#define ADVAE_SERVER_MONITORING_RPC_MONITOR_H_

#include <grpcpp/support/server_interceptor.h>

#include "server/identity/access_control.h"
#include "server/log/log_limiter.h"
#include "server/metrics/metrics.h"

namespace advae {

// Measures every RPC and logs those that fail, at most ten a second for each method and code: the
// one place around all handlers. At level debug, logs all RPCs. Whatever the level, there is an
// audit line of each RPC that may change what is stored: who, what, from where and with which
// outcome. Thread-safe.
class RpcMonitor : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  // Both outlive the server.
  RpcMonitor(RpcMetrics& metrics, const AccessControl& access)
      : metrics_(metrics), access_(access), limiter_(kLinesPerSecond) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override;

 private:
  static constexpr int kLinesPerSecond = 10;

  RpcMetrics& metrics_;
  const AccessControl& access_;
  LogLimiter limiter_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_MONITORING_RPC_MONITOR_H_
