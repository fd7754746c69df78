#include "server/exit_timer.h"

#include <unistd.h>

#include "server/log/log.h"

namespace advae {

ExitTimer::ExitTimer(absl::Duration after)
    : thread_([this, end = SteadyNow() + after] { Run(end); }) {}

ExitTimer::~ExitTimer() {
  stop_.Notify();
  thread_.join();
}

void ExitTimer::Run(absl::Time end) {
  if (stop_.WaitUntil(end)) return;
  Log(LogLevel::kError, "not stopped in time", {{"reason", "a thread does not end"}});
  FlushLog(absl::Seconds(1));
  _exit(1);
}

}  // namespace advae
