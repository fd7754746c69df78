#ifndef ADVAE_SERVER_MONITORING_CALL_LOG_H_
#define ADVAE_SERVER_MONITORING_CALL_LOG_H_

#include <grpcpp/support/status.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "server/log/log.h"
#include "server/log/log_limiter.h"

namespace advae {

// The log's lines of calls that have ended, over whatever protocol: of those that failed, at most
// ten a second for each method and code; at level debug, of all. Thread-safe.
class CallLog {
 public:
  // Empty when there is to be no line of a call, else how many of its kind were held back before.
  // `method` is the label of its metrics.
  std::optional<uint64_t> Admit(std::string_view method, grpc::StatusCode code);
  // Writes the line of a call that was admitted.
  static void Write(grpc::StatusCode code, uint64_t held_back, std::vector<LogField> fields);

  // The same for lines that there are at every level.
  LogLimiter& limiter() { return limiter_; }

 private:
  static constexpr int kLinesPerSecond = 10;

  LogLimiter limiter_{kLinesPerSecond};
};

}  // namespace advae

#endif  // ADVAE_SERVER_MONITORING_CALL_LOG_H_
