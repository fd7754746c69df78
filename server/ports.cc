#include "server/ports.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/http/http_server.h"
#include "server/log/log.h"
#include "server/transport/descriptor_limit.h"

namespace advae {

absl::StatusOr<ListeningSockets> ListenFor(const char* what, const std::string& address,
                                           const SecurityConfig& security) {
  absl::StatusOr<ListeningSockets> listening = Listen(address);
  if (!listening.ok()) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen for ", what, " on ", address,
                     "; is it an address of this machine and the port free? (",
                     listening.status().message(), ")"));
  }
  if (listening->is_loopback || security.tls.enabled()) return listening;
  if (!security.allow_plaintext) {
    return absl::FailedPreconditionError(absl::StrCat(
        "other machines reach ", address, " for ", what,
        ", and it would be without TLS; set --tls_cert and --tls_key, listen on 127.0.0.1, or "
        "accept it with --allow_plaintext"));
  }
  Log(LogLevel::kWarning, "other machines reach a port without TLS",
      {{"port", what}, {"address", address}});
  return listening;
}

AllowedHosts HostsOf(const std::string& address, const ListeningSockets& listening,
                     const ServerConfig& config) {
  const SecurityConfig& security = config.security;
  if (!listening.is_loopback || !security.tokens.empty() || !security.tls.client_ca.empty() ||
      config.http_hosts == "*") {
    return AllowedHosts();
  }
  std::vector<std::string> names = absl::StrSplit(config.http_hosts, ',', absl::SkipEmpty());
  names.push_back(address);
  return AllowedHosts(std::move(names));
}

std::string WithPort(const std::string& address, int port) {
  return absl::StrCat(address.substr(0, address.rfind(':')), ":", port);
}

absl::StatusOr<size_t> MaxConnections(const ServerConfig& config) {
  // Of libraries, log, listeners, metrics, HTTP, bundles being read, and of each job.
  const size_t http = config.http_listen.empty() ? 0 : HttpOptions().max_connections;
  const size_t reserved = 96 + kMaxMetricsConnections + http + 16 * config.jobs.max_jobs;
  const size_t limit = RaiseDescriptorLimit();
  const auto wanted = static_cast<size_t>(config.transport.max_connections);
  absl::StatusOr<size_t> connections = ConnectionsWithin(limit, wanted, reserved);
  if (connections.ok() && *connections < wanted) {
    Log(LogLevel::kWarning, "fewer connections than --max_connections: too few file descriptors",
        {{"connections", *connections}, {"descriptors", limit}});
  }
  return connections;
}

}  // namespace advae
