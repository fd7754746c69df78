#ifndef ADVAE_SERVER_TRANSPORT_STALL_MONITOR_H_
#define ADVAE_SERVER_TRANSPORT_STALL_MONITOR_H_

#include <grpcpp/support/server_interceptor.h>

#include "server/transport/stall_watch.h"

namespace advae {

// Has every call of a gRPC server watched. Thread-safe.
class StallMonitor : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  // `watch` outlives the server.
  explicit StallMonitor(StallWatch& watch) : watch_(watch) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override;

 private:
  StallWatch& watch_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_TRANSPORT_STALL_MONITOR_H_
