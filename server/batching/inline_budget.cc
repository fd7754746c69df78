#include "server/batching/inline_budget.h"

#include <algorithm>

namespace advae {

bool InlineBudget::Allows(absl::Time now) {
  Refill(now);
  if (spent_ == absl::ZeroDuration()) used_up_ = false;
  return !used_up_;
}

void InlineBudget::Spend(absl::Duration elapsed, absl::Time now) {
  Refill(now);
  spent_ = std::min(spent_ + elapsed, kBudget);
  if (spent_ == kBudget) used_up_ = true;
}

void InlineBudget::Refill(absl::Time now) {
  // Threads ask the time before they take turns here.
  if (now <= last_) return;
  spent_ = std::max(spent_ - (now - last_) * refill_, absl::ZeroDuration());
  last_ = now;
}

}  // namespace advae
