#ifndef ADVAE_SERVER_STOP_SIGNALS_H_
#define ADVAE_SERVER_STOP_SIGNALS_H_

#include <signal.h>

namespace advae {

// The signals that tell a server to stop, SIGTERM and SIGINT, and those that change its log level
// meanwhile, SIGUSR1 and SIGUSR2. They are blocked for all threads, and taken here.
class StopSignals {
 public:
  // Blocks the signals. Make it before the first thread, so that all threads inherit that.
  StopSignals();

  // Changes the log level as it is told, until a signal comes that stops the server; returns it.
  int Wait() const;

  // From now on, one more signal to stop ends the process at once: with status 1 and a line in the
  // log, on a thread of its own. Signals for the log level keep their meaning. Call at most once.
  void EndAtNext() const;

 private:
  sigset_t signals_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_STOP_SIGNALS_H_
