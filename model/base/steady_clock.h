#ifndef ADVAE_SERVER_BASE_STEADY_CLOCK_H_
#define ADVAE_SERVER_BASE_STEADY_CLOCK_H_

#include <chrono>
#include <condition_variable>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace advae {

// Steady times are absl::Times of a clock that the wall clock's jumps do not move: deadlines,
// queues and limiters count with them. They say nothing about the time of day and are not to be
// mixed with absl::Now().

// The present steady time. Thread-safe.
absl::Time SteadyNow();

// The steady time of `deadline`, a time of the wall clock such as gRPC gives: what is left of it by
// the wall clock, from now on. To be asked once, when the call arrives. InfiniteFuture() for
// time_point::max(), gRPC's word for no deadline.
absl::Time SteadyDeadline(std::chrono::system_clock::time_point deadline);

// As absl::CondVar, whose waits with a limit end by the wall clock in our version of Abseil.
class SteadyCondVar {
 public:
  // Releases `mutex` until it is signalled, or until the steady time `limit`, which may be
  // InfiniteFuture(), or for no reason at all.
  void WaitUntil(absl::Mutex& mutex, absl::Time limit) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  void Signal() { changed_.notify_one(); }
  void SignalAll() { changed_.notify_all(); }

 private:
  std::condition_variable_any changed_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_BASE_STEADY_CLOCK_H_
