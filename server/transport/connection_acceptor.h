#ifndef ADVAE_SERVER_TRANSPORT_CONNECTION_ACCEPTOR_H_
#define ADVAE_SERVER_TRANSPORT_CONNECTION_ACCEPTOR_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "model/base/file_descriptor.h"
#include "server/log/log_limiter.h"
#include "server/metrics/metrics.h"
#include "server/transport/listening_socket.h"
#include "server/transport/open_sockets.h"

namespace advae {

struct AcceptorOptions {
  // At least 1. More are accepted and closed at once.
  size_t max_connections = 1;
  // A connection whose peer takes no data for so long is closed.
  absl::Duration max_send_stall = absl::Seconds(60);
};

// Accepts connections on a thread of its own and hands them on. gRPC 1.51 has no limit of
// connections, and its own listener never accepts again after the process was out of descriptors.
class ConnectionAcceptor {
 public:
  // Takes over a connected socket that does not block. Called on the acceptor's thread.
  using Handler = std::function<void(FileDescriptor)>;

  // `open`, which gets to know the connections, and `metrics` outlive the acceptor. kUnavailable
  // when no descriptor is left.
  static absl::StatusOr<std::unique_ptr<ConnectionAcceptor>> Start(ListeningSockets listening,
                                                                   const AcceptorOptions& options,
                                                                   OpenSockets& open,
                                                                   ConnectionMetrics& metrics,
                                                                   Handler handler);
  // Accepts no more. What was handed on stays open.
  ~ConnectionAcceptor();

 private:
  ConnectionAcceptor(ListeningSockets listening, FileDescriptor stop,
                     const AcceptorOptions& options, OpenSockets& open, ConnectionMetrics& metrics,
                     Handler handler);

  void Run();
  // Accepts all that wait at `listener`; false when descriptors or memory are short.
  bool AcceptFrom(int listener);
  bool IsFull();
  void CountOpen();
  void LogRefusal(const std::string& reason);

  const ListeningSockets listening_;
  const FileDescriptor stop_;  // readable once the acceptor is to stop
  const AcceptorOptions options_;
  OpenSockets& open_;
  ConnectionMetrics& metrics_;
  const Handler handler_;
  absl::Time counted_ = absl::InfinitePast();  // when open_ was last right; steady
  LogLimiter limiter_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace advae

#endif  // ADVAE_SERVER_TRANSPORT_CONNECTION_ACCEPTOR_H_
