#include "server/base/steady_notification.h"

namespace advae {

void SteadyNotification::Notify() {
  absl::MutexLock lock(&mutex_);
  notified_ = true;
  changed_.SignalAll();
}

bool SteadyNotification::notified() const {
  absl::MutexLock lock(&mutex_);
  return notified_;
}

bool SteadyNotification::WaitUntil(absl::Time limit) {
  absl::MutexLock lock(&mutex_);
  while (!notified_ && SteadyNow() < limit) changed_.WaitUntil(mutex_, limit);
  return notified_;
}

}  // namespace advae
