#include "server/stop_signals.h"

#include <string.h>
#include <unistd.h>

#include <system_error>
#include <thread>

#include "absl/strings/str_cat.h"
#include "server/log/log.h"

namespace advae {

StopSignals::StopSignals() {
  sigemptyset(&signals_);
  for (const int number : {SIGTERM, SIGINT, SIGUSR1, SIGUSR2}) sigaddset(&signals_, number);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

int StopSignals::Wait() const {
  while (true) {
    int number = 0;
    sigwait(&signals_, &number);
    if (number == SIGUSR1) {
      MakeLogMoreVerbose();
    } else if (number == SIGUSR2) {
      MakeLogLessVerbose();
    } else {
      return number;
    }
  }
}

void StopSignals::EndAtNext() const {
  // Waits until the process ends, by itself or here.
  try {
    std::thread([signals = *this] {
      const int number = signals.Wait();
      Log(LogLevel::kWarning, "stopped at once",
          {{"reason", "a second signal"}, {"signal", absl::StrCat("SIG", sigabbrev_np(number))}});
      FlushLog(absl::Seconds(1));
      _exit(1);
    }).detach();
  } catch (const std::system_error&) {
    // There is no thread to be had: the system itself ends the process then.
    sigset_t stops;
    sigemptyset(&stops);
    for (const int number : {SIGTERM, SIGINT}) {
      signal(number, SIG_DFL);
      sigaddset(&stops, number);
    }
    pthread_sigmask(SIG_UNBLOCK, &stops, nullptr);
  }
}

}  // namespace advae
