#ifndef ADVAE_SERVER_BASE_RETRY_HINT_H_
#define ADVAE_SERVER_BASE_RETRY_HINT_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace advae {

// An error may carry how long its receiver should wait before it tries again. Where it leaves the
// server, the hint becomes the trailing metadata `grpc-retry-pushback-ms`, which gRPC clients with
// a retry policy obey.

// `status` is not OK.
absl::Status WithRetryHint(absl::Status status, absl::Duration after);

std::optional<absl::Duration> RetryHint(const absl::Status& status);

}  // namespace advae

#endif  // ADVAE_SERVER_BASE_RETRY_HINT_H_
