#ifndef ADVAE_SERVER_BASE_QUOTA_VIOLATION_H_
#define ADVAE_SERVER_BASE_QUOTA_VIOLATION_H_

#include <optional>
#include <string>

#include "absl/status/status.h"

namespace advae {

// An error may carry whose quota a call would have exceeded, and which one. Where it leaves the
// server, it becomes google.rpc.QuotaFailure.
struct QuotaViolation {
  std::string identity;
  std::string quota;  // as the file of quotas calls it
};

// `status` is not OK.
absl::Status WithQuotaViolation(absl::Status status, const QuotaViolation& violation);

std::optional<QuotaViolation> QuotaViolationOf(const absl::Status& status);

}  // namespace advae

#endif  // ADVAE_SERVER_BASE_QUOTA_VIOLATION_H_
