#ifndef ADVAE_SERVER_MONITORING_RPC_MONITOR_H_
#define ADVAE_SERVER_MONITORING_RPC_MONITOR_H_

#include <grpcpp/support/server_interceptor.h>

#include "server/identity/access_control.h"
#include "server/metrics/metrics.h"
#include "server/monitoring/call_log.h"

namespace advae {

// Measures every RPC and logs those that fail (CallLog): the one place around all handlers.
// Whatever the level, there is an audit line of each RPC that may change what is stored: who, what,
// from where and with which outcome. Thread-safe.
class RpcMonitor : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  // All of them outlive the server.
  RpcMonitor(RpcMetrics& metrics, const AccessControl& access, CallLog& log)
      : metrics_(metrics), access_(access), log_(log) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override;

 private:
  RpcMetrics& metrics_;
  const AccessControl& access_;
  CallLog& log_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_MONITORING_RPC_MONITOR_H_
