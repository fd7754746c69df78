#ifndef ADVAE_SERVER_BATCHING_INLINE_BUDGET_H_
#define ADVAE_SERVER_BATCHING_INLINE_BUDGET_H_

#include "absl/time/time.h"

namespace advae {

// Bounds what gRPC's threads may spend on scoring where requests arrive. Requests that nobody has
// read yet wait for these threads unseen, in sockets and gRPC's queues, in the order of arrival and
// with their deadlines running: under load the threads are to read, so that all that waits is in
// the batch queue, which refuses what comes too late and takes turns.
//
// Time that is spent is given back as time passes. Once the budget is used up nothing may be spent
// until all of it is back. Pure; not thread-safe.
class InlineBudget {
 public:
  // Seconds of scoring that are given back each second, above 0.
  explicit InlineBudget(double refill) : refill_(refill) {}

  // Whether a request may be scored where it arrives, at the steady time `now`.
  bool Allows(absl::Time now);
  // Notes that one was, and took as long.
  void Spend(absl::Duration elapsed, absl::Time now);

 private:
  // A wait that nobody notices.
  static constexpr absl::Duration kBudget = absl::Milliseconds(5);

  void Refill(absl::Time now);

  const double refill_;
  absl::Duration spent_ = absl::ZeroDuration();
  absl::Time last_ = absl::InfinitePast();
  bool used_up_ = false;
};

}  // namespace advae

#endif  // ADVAE_SERVER_BATCHING_INLINE_BUDGET_H_
