#ifndef ADVAE_SERVER_SERVER_H_
#define ADVAE_SERVER_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/server_config.h"

namespace advae {

// A running server: gRPC and metrics are being answered from Start on. The composition root of
// everything in server/.
class Server {
 public:
  // Loads the repository, then listens. Errors: kInvalidArgument for a bad configuration,
  // kUnavailable when the repository cannot be used or an address not be bound.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerConfig& config);

  // Stops accepting, lets what is in flight finish within the drain timeout, cancels the rest.
  ~Server();

  // Reports the server as not serving (health, readiness over HTTP, metrics), so that balancers
  // look elsewhere. It goes on to take connections and to answer calls. Not thread-safe.
  void AnnounceStop();

  // HOST:PORT, with the port in use.
  const std::string& grpc_address() const;
  const std::string& metrics_address() const;
  // Empty without HTTP.
  const std::string& http_address() const;
  // Empty when there is no port for changes.
  const std::string& admin_address() const;

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);

  const std::unique_ptr<Parts> parts_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_SERVER_H_
