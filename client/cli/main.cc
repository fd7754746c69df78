#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <iostream>
#include <thread>

#include "client/cli/cli.h"

namespace {

// Ends the program's calls on the first of `signals`, and on the second the program.
void WatchSignals(const sigset_t& signals, advae::Cancellation& cancellation) {
  int signal = 0;
  sigwait(&signals, &signal);
  cancellation.Cancel();
  sigwait(&signals, &signal);
  _exit(advae::kExitFailure);
}

}  // namespace

int main(int argc, char** argv) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  // Before any thread starts, so that all of them leave the signals to the watcher.
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  static advae::Cancellation cancellation;
  std::thread([signals] { WatchSignals(signals, cancellation); }).detach();

  std::ios::sync_with_stdio(false);
  std::cin.tie(nullptr);
  return advae::RunCli(argc, argv,
                       {.in = std::cin,
                        .out = std::cout,
                        .err = std::cerr,
                        .err_is_terminal = isatty(STDERR_FILENO) != 0},
                       cancellation);
}
