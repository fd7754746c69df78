#ifndef ADVAE_SERVER_EXIT_TIMER_H_
#define ADVAE_SERVER_EXIT_TIMER_H_

#include <thread>

#include "absl/time/time.h"
#include "server/base/steady_notification.h"

namespace advae {

// The last resort of a process that is to end: ends it with status 1 and a line in the log, unless
// the timer is destroyed in time. For threads that cannot be ended, as they wait for a disk that
// does not answer. Has its thread from the start: there may be none to be had at the end.
class ExitTimer {
 public:
  explicit ExitTimer(absl::Duration after);
  ~ExitTimer();

  // Lets the time begin, once.
  void Start() { start_.Notify(); }

 private:
  void Run(absl::Duration after);

  SteadyNotification start_;
  SteadyNotification stop_;
  std::thread thread_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_EXIT_TIMER_H_
