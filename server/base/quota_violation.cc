#include "server/base/quota_violation.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace advae {
namespace {

// The quota, a line feed, and the identity, which may have any other character.
constexpr char kPayload[] = "advae/quota";

}  // namespace

absl::Status WithQuotaViolation(absl::Status status, const QuotaViolation& violation) {
  status.SetPayload(kPayload, absl::Cord(absl::StrCat(violation.quota, "\n", violation.identity)));
  return status;
}

std::optional<QuotaViolation> QuotaViolationOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayload);
  if (!payload) return std::nullopt;
  const std::string text(*payload);
  const size_t end = text.find('\n');
  if (end == std::string::npos) return std::nullopt;
  return QuotaViolation{.identity = text.substr(end + 1), .quota = text.substr(0, end)};
}

}  // namespace advae
