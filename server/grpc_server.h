#ifndef ADVAE_SERVER_GRPC_SERVER_H_
#define ADVAE_SERVER_GRPC_SERVER_H_

#include <grpcpp/resource_quota.h>
#include <grpcpp/server.h>

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "model/access/role.h"
#include "server/identity/access_control.h"
#include "server/metrics/metrics.h"
#include "server/monitoring/call_log.h"
#include "server/server_config.h"
#include "server/transport/connection_acceptor.h"
#include "server/transport/connection_calls.h"
#include "server/transport/readiness_probe.h"
#include "server/transport/stall_watch.h"
#include "server/transport/tls_keys.h"

namespace advae {

struct GrpcServer {
  std::unique_ptr<grpc::Server> server;
  ConnectionAcceptor::Handler connection_handler;
};

// What a gRPC server works with. All of it outlives the server.
struct GrpcResources {
  RpcMetrics& metrics;
  const AccessControl& access;
  CallLog& call_log;
  StallWatch& stall_watch;
  ConnectionCalls& connection_calls;
  const TlsKeySource* tls_keys;  // null without TLS
  const ProbeConnection& probe;
  // For the messages that are being received; servers may share it.
  const grpc::ResourceQuota& receive_memory;
  // Beyond which nobody may do anything here.
  Role highest_role;
};

// Starts a gRPC server that takes connections from its handler, and listens itself nowhere.
absl::StatusOr<GrpcServer> ServeGrpc(const ServerConfig& config, const GrpcResources& resources,
                                     const std::vector<grpc::Service*>& services);

}  // namespace advae

#endif  // ADVAE_SERVER_GRPC_SERVER_H_
