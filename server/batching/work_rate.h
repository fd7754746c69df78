#ifndef ADVAE_SERVER_BATCHING_WORK_RATE_H_
#define ADVAE_SERVER_BATCHING_WORK_RATE_H_

#include "absl/time/time.h"

namespace advae {

// How fast a scoring thread works, in multiply-adds (Scorer::multiply_adds) a second, as measured
// with what the threads have done in the last tenth of a second of their work: the time that
// others took of the processors is part of it. Pure; not thread-safe.
class WorkRate {
 public:
  // What is assumed at first, with little weight: half of what a core of a Zen 4 does.
  static constexpr double kPrior = 2e10;

  // A thread took `elapsed` for as many multiply-adds, until the steady time `now`.
  void Add(double multiply_adds, absl::Duration elapsed, absl::Time now);

  // Multiply-adds a second of one thread, above 0.
  double per_second() const { return multiply_adds_ / seconds_; }
  // Whether the rate was measured within the last second.
  bool IsFresh(absl::Time now) const { return now - last_ <= absl::Seconds(1); }

 private:
  static constexpr double kPriorSeconds = 0.005;

  // Sums with weights that fall with age.
  double multiply_adds_ = kPrior * kPriorSeconds;
  double seconds_ = kPriorSeconds;
  absl::Time last_ = absl::InfinitePast();
};

}  // namespace advae

#endif  // ADVAE_SERVER_BATCHING_WORK_RATE_H_
