#include "server/messages/memory_budget.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/retry_hint.h"

namespace advae {
namespace {

constexpr absl::Duration kRetryAfter = absl::Seconds(1);

}  // namespace

absl::Status MemoryLease::Grow(uint64_t bytes) {
  if (budget_->Take(bytes)) {
    held_ += bytes;
    return absl::OkStatus();
  }
  const uint64_t limit = budget_->LimitFor(bytes);
  if (bytes > limit || held_ > limit - bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the call needs about ", bytes, " bytes of memory beside the ", held_,
                     " that it has, more than one call may have of the ", budget_->limit(),
                     " bytes of --max_call_bytes; send less at once"));
  }
  return WithRetryHint(
      absl::ResourceExhaustedError(
          absl::StrCat("the call needs about ", bytes, " bytes of memory, but calls already hold ",
                       budget_->held(), " of ", budget_->limit(), " bytes")),
      kRetryAfter);
}

}  // namespace advae
