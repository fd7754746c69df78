#ifndef ADVAE_SERVER_TRANSPORT_TRANSPORT_MONITOR_H_
#define ADVAE_SERVER_TRANSPORT_TRANSPORT_MONITOR_H_

#include <grpcpp/support/server_interceptor.h>

#include "server/transport/connection_calls.h"
#include "server/transport/stall_watch.h"

namespace advae {

// Has every call of a gRPC server watched, and counted for its connection. Thread-safe.
class TransportMonitor : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  // `watch` and `calls` outlive the server.
  TransportMonitor(StallWatch& watch, ConnectionCalls& calls) : watch_(watch), calls_(calls) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override;

 private:
  StallWatch& watch_;
  ConnectionCalls& calls_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_TRANSPORT_TRANSPORT_MONITOR_H_
