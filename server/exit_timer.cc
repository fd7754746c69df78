#include "server/exit_timer.h"

#include <unistd.h>

#include "server/log/log.h"

namespace advae {

ExitTimer::ExitTimer(absl::Duration after) : thread_([this, after] { Run(after); }) {}

ExitTimer::~ExitTimer() {
  stop_.Notify();
  start_.Notify();
  thread_.join();
}

void ExitTimer::Run(absl::Duration after) {
  start_.Wait();
  if (stop_.WaitFor(after)) return;
  Log(LogLevel::kError, "not stopped in time", {{"reason", "a thread does not end"}});
  FlushLog(absl::Seconds(1));
  _exit(1);
}

}  // namespace advae
