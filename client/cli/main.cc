#include <grpc/support/log.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <istream>
#include <memory>
#include <string_view>
#include <thread>

#include "client/cli/cancellable_input.h"
#include "client/cli/cli.h"
#include "client/cli/input_stop.h"

namespace {

// The signal that has ended the program's calls; 0 for none.
std::atomic<int> g_signal = 0;

// What shells call the end of a program by a signal.
int ExitCode(int signal) { return 128 + signal; }

// On the first of `signals`, ends the program's calls and, through `stop`, what it reads. On the
// second, or when that has not ended the program within seconds, ends the program.
void WatchSignals(const sigset_t& signals, advae::Cancellation& cancellation,
                  const advae::InputStop& stop) {
  int signal = 0;
  sigwait(&signals, &signal);
  g_signal = signal;
  cancellation.Cancel();
  stop.Stop();
  constexpr timespec kGrace = {.tv_sec = 10, .tv_nsec = 0};
  sigtimedwait(&signals, nullptr, &kGrace);
  const std::string_view message = advae::kInterruptedMessage;
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, message.data(), message.size());
  _exit(ExitCode(signal));
}

// The width of the terminal, which may change; 80 where it does not tell.
size_t TerminalColumns() {
  winsize size = {};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
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
  const auto stop = std::make_shared<const advae::InputStop>();
  std::thread([=] { WatchSignals(signals, cancellation, *stop); }).detach();

  // What gRPC logs of connections that fail is in the errors of calls, too.
  if (std::getenv("GRPC_VERBOSITY") == nullptr) {
    gpr_set_log_function([](gpr_log_func_args* /*line*/) {});
  }
  std::ios::sync_with_stdio(false);
  advae::CancellableInput input(STDIN_FILENO, stop->descriptor());
  std::istream in(&input);
  const bool is_terminal = isatty(STDERR_FILENO) != 0;
  const int code =
      advae::RunCli(argc, argv,
                    {.in = in,
                     .out = std::cout,
                     .err = std::cerr,
                     .err_columns = is_terminal ? TerminalColumns : std::function<size_t()>(),
                     .stop = stop},
                    cancellation);
  return code == advae::kExitInterrupted ? ExitCode(g_signal) : code;
}
