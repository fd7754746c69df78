#ifndef ADVAE_SERVER_PORTS_H_
#define ADVAE_SERVER_PORTS_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "server/http/allowed_hosts.h"
#include "server/server_config.h"
#include "server/transport/listening_socket.h"

namespace advae {

// Prometheus keeps its connections between scrapes; few others have business here.
inline constexpr size_t kMaxMetricsConnections = 16;

// Listens for `what`. What other machines reach without TLS is refused, or warned of.
absl::StatusOr<ListeningSockets> ListenFor(const char* what, const std::string& address,
                                           const SecurityConfig& security);

// The names by which clients may call a port that speaks HTTP.
AllowedHosts HostsOf(const std::string& address, const ListeningSockets& listening,
                     const ServerConfig& config);

// The address with the port that is in use.
std::string WithPort(const std::string& address, int port);

// Connections that may be open, as far as the descriptors allow.
absl::StatusOr<size_t> MaxConnections(const ServerConfig& config);

}  // namespace advae

#endif  // ADVAE_SERVER_PORTS_H_
