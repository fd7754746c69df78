#ifndef ADVAE_SERVER_MONITORING_RPC_MONITOR_H_
#define ADVAE_SERVER_MONITORING_RPC_MONITOR_H_

#include <grpcpp/support/server_interceptor.h>

#include "server/monitoring/metrics.h"

namespace advae {

// Measures every RPC and logs those that fail: the one place around all handlers. Thread-safe.
class RpcMonitor : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  // `metrics` outlives the server.
  explicit RpcMonitor(RpcMetrics& metrics) : metrics_(metrics) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override;

 private:
  RpcMetrics& metrics_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_MONITORING_RPC_MONITOR_H_
