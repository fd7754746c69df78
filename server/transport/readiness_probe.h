#ifndef ADVAE_SERVER_TRANSPORT_READINESS_PROBE_H_
#define ADVAE_SERVER_TRANSPORT_READINESS_PROBE_H_

#include <functional>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "server/base/steady_notification.h"

namespace advae {

struct ProbeOptions {
  absl::Duration interval = absl::Seconds(2);
  // What takes longer is no answer.
  absl::Duration limit = absl::Seconds(2);
};

// Asks a gRPC server for its health over a new connection each time, as a client that has just come
// would, and tells when the answer changes. On a thread of its own, by the steady clock.
class ReadinessProbe {
 public:
  // `address` is IP:PORT. Calls `on_change` with the first result before it returns, then on the
  // probe's thread whenever answers fail to come or come again.
  ReadinessProbe(std::string address, const ProbeOptions& options,
                 std::function<void(bool)> on_change);
  // Waits for a question in flight.
  ~ReadinessProbe();

 private:
  void Run(bool answered);
  bool IsAnswered() const;

  const std::string address_;
  const ProbeOptions options_;
  const std::function<void(bool)> on_change_;
  SteadyNotification stop_;
  std::thread thread_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_TRANSPORT_READINESS_PROBE_H_
