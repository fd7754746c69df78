#ifndef ADVAE_SERVER_BASE_STEADY_NOTIFICATION_H_
#define ADVAE_SERVER_BASE_STEADY_NOTIFICATION_H_

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "model/base/steady_clock.h"

namespace advae {

// As absl::Notification, whose waits with a limit end by the wall clock in our version of Abseil:
// set back by an hour, it holds up a wait of a second for an hour. Tells a thread that something
// has happened, such as that it is to stop. Thread-safe.
class SteadyNotification {
 public:
  SteadyNotification() = default;
  // Waits for Notify to return.
  ~SteadyNotification() { absl::MutexLock lock(&mutex_); }
  SteadyNotification(const SteadyNotification&) = delete;
  SteadyNotification& operator=(const SteadyNotification&) = delete;

  // Ends all waits, present and later ones.
  void Notify() ABSL_LOCKS_EXCLUDED(mutex_);
  bool notified() const ABSL_LOCKS_EXCLUDED(mutex_);

  void Wait() { WaitUntil(absl::InfiniteFuture()); }
  // Waits for Notify, and at most for `duration`, or until the steady time `limit`. True once
  // notified.
  bool WaitFor(absl::Duration duration) { return WaitUntil(SteadyNow() + duration); }
  bool WaitUntil(absl::Time limit) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  mutable absl::Mutex mutex_;
  SteadyCondVar changed_;
  bool notified_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace advae

#endif  // ADVAE_SERVER_BASE_STEADY_NOTIFICATION_H_
