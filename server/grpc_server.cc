#include "server/grpc_server.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/server_builder.h>

#include <utility>

#include "server/identity/port_role.h"
#include "server/monitoring/rpc_monitor.h"
#include "server/transport/listening_socket.h"
#include "server/transport/tls_credentials.h"
#include "server/transport/transport_monitor.h"

namespace advae {

absl::StatusOr<GrpcServer> ServeGrpc(const ServerConfig& config, const GrpcResources& resources,
                                     const std::vector<grpc::Service*>& services) {
  grpc::ServerBuilder builder;
  using grpc::experimental::ExternalConnectionAcceptor;
  const auto add_acceptor = [&builder](std::shared_ptr<grpc::ServerCredentials> credentials) {
    return std::shared_ptr<ExternalConnectionAcceptor>(
        builder.experimental().AddExternalConnectionAcceptor(
            grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
            std::move(credentials)));
  };
  const auto plain = add_acceptor(grpc::InsecureServerCredentials());
  const auto secure = resources.tls_keys == nullptr
                          ? nullptr
                          : add_acceptor(MakeTlsCredentials(*resources.tls_keys));
  config.transport.ApplyTo(builder);
  builder.SetMaxReceiveMessageSize(static_cast<int>(config.max_message_bytes));
  builder.SetResourceQuota(resources.receive_memory);
  if (resources.highest_role != Role::kAdmin) {
    builder.SetContextAllocator(std::make_unique<PortRole>(resources.highest_role));
  }
  for (grpc::Service* service : services) builder.RegisterService(service);
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(
      std::make_unique<RpcMonitor>(resources.metrics, resources.access, resources.call_log));
  interceptors.push_back(
      std::make_unique<TransportMonitor>(resources.stall_watch, resources.connection_calls));
  builder.experimental().SetInterceptorCreators(std::move(interceptors));

  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return absl::UnavailableError("gRPC cannot be started");
  return GrpcServer{
      std::move(server), [plain, secure, &probe = resources.probe](FileDescriptor socket) {
        const bool is_plain = secure == nullptr || probe.Is(PeerAddress(socket.get()));
        ExternalConnectionAcceptor::NewConnectionParameters connection;
        connection.fd = socket.Release();
        (is_plain ? plain : secure)->HandleNewConnection(&connection);
      }};
}

}  // namespace advae
