#ifndef ADVAE_SERVER_TRANSPORT_CONNECTION_CALLS_H_
#define ADVAE_SERVER_TRANSPORT_CONNECTION_CALLS_H_

#include <cstddef>
#include <string>
#include <unordered_map>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/log/log_limiter.h"
#include "server/metrics/metrics.h"
#include "server/transport/open_sockets.h"

namespace advae {

// Counts the calls that each connection keeps the server busy with, and cuts one that has too many,
// or that has the most while all have too many together. gRPC 1.51 limits the open calls of a
// connection only once the client has acknowledged that limit, does not count calls that the client
// has reset, and has no limit for all connections. Thread-safe.
class ConnectionCalls {
 private:
  struct Count {
    size_t calls = 0;
    bool is_cut = false;
  };
  using Counts = std::unordered_map<std::string, Count>;

 public:
  // A call of one connection, until it is given back with End.
  using Call = Counts::value_type*;

  struct Limits {
    size_t connection;  // calls of one
    size_t total;       // calls of all that are not cut
  };

  // `open` and `metrics` outlive this.
  ConnectionCalls(const Limits& limits, OpenSockets& open, ConnectionMetrics& metrics);

  // `peer` is of the connection, as gRPC has it: "ipv4:127.0.0.1:50051".
  Call Begin(std::string peer) ABSL_LOCKS_EXCLUDED(mutex_);
  // Everything that the call held is free.
  void End(Call call) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // Marks the connection that is to be cut now that `latest` has one call more, if any.
  Call ChooseCut(Call latest) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Cut(const std::string& peer);

  const Limits limits_;
  OpenSockets& open_;
  ConnectionMetrics& metrics_;
  LogLimiter limiter_;

  absl::Mutex mutex_;
  Counts counts_ ABSL_GUARDED_BY(mutex_);     // of connections with calls
  size_t total_ ABSL_GUARDED_BY(mutex_) = 0;  // of those that are not cut
};

}  // namespace advae

#endif  // ADVAE_SERVER_TRANSPORT_CONNECTION_CALLS_H_
