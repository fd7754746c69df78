#ifndef ADVAE_SERVER_JOBS_UPLOAD_PACE_H_
#define ADVAE_SERVER_JOBS_UPLOAD_PACE_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace advae {

// How long an upload may hold its job's slot before the job starts.
struct UploadLimits {
  // Longest wait for the client's next message.
  absl::Duration max_idle = absl::Minutes(1);
  // From the call's start to the end of the upload.
  absl::Duration max_time = absl::Hours(1);
};

// Whether one upload keeps within its limits: a policy without a clock of its own. Times are
// steady (model/base/steady_clock.h) and never go back. Not thread-safe.
class UploadPace {
 public:
  // The upload begins at `start`, when no message is being waited for.
  UploadPace(const UploadLimits& limits, absl::Time start) : limits_(limits), start_(start) {}

  // The server waits for a message from now on. The time that it takes with a message itself is
  // not the client's.
  void AwaitMessage(absl::Time now) { waiting_since_ = now; }
  void TakeMessage() { waiting_since_ = std::nullopt; }

  // kDeadlineExceeded when the upload is to end.
  absl::Status Check(absl::Time now) const;
  // When Check may next have something else to say, after `now`.
  absl::Time NextCheck(absl::Time now) const;

 private:
  const UploadLimits limits_;
  const absl::Time start_;
  std::optional<absl::Time> waiting_since_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_JOBS_UPLOAD_PACE_H_
