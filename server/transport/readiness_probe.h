#ifndef ADVAE_SERVER_TRANSPORT_READINESS_PROBE_H_
#define ADVAE_SERVER_TRANSPORT_READINESS_PROBE_H_

#include <functional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/steady_notification.h"

namespace advae {

struct ProbeOptions {
  absl::Duration interval = absl::Seconds(2);
  // What takes longer is no answer.
  absl::Duration limit = absl::Seconds(2);
};

// The connection that a probe is about to make. It has no certificate that a server with TLS would
// take, so that whoever accepts connections asks whether one is the probe's. Thread-safe.
class ProbeConnection {
 public:
  // The peer of the probe's next connection, as PeerAddress has it; empty for none.
  void Announce(std::string address) ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether the peer of a connection is the one that was announced. No other can have its address
  // before the probe has given it back.
  bool Is(const std::string& peer) const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  mutable absl::Mutex mutex_;
  std::string address_ ABSL_GUARDED_BY(mutex_);
};

// Asks a gRPC server for its health over a new connection each time, as a client that has just come
// would, and tells when the answer changes. On a thread of its own, by the steady clock.
class ReadinessProbe {
 public:
  // `address` is IP:PORT. Calls `on_change` with the first result before it returns, then on the
  // probe's thread whenever answers fail to come or come again. `connection` outlives the probe and
  // is told of each connection, which is without TLS.
  ReadinessProbe(std::string address, const ProbeOptions& options, ProbeConnection& connection,
                 std::function<void(bool)> on_change);
  // Waits for a question in flight.
  ~ReadinessProbe();

 private:
  void Run(bool answered);
  bool IsAnswered() const;

  const std::string address_;
  const ProbeOptions options_;
  ProbeConnection& connection_;
  const std::function<void(bool)> on_change_;
  SteadyNotification stop_;
  std::thread thread_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_TRANSPORT_READINESS_PROBE_H_
