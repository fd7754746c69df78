#include "server/jobs/worker_output.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "model/base/steady_clock.h"

namespace advae {
namespace {

// How late the end of a worker may be seen whose own children hold its output open.
constexpr int kTickMilliseconds = 100;
constexpr size_t kBlockBytes = 65536;  // what a pipe holds

}  // namespace

void WorkerOutput::Read() {
  std::array<char, kBlockBytes> block;
  const ssize_t count = read(output_.get(), block.data(), block.size());
  if (count > 0) return lines_.Take({block.data(), static_cast<size_t>(count)}, SteadyNow());
  if (count == 0 || (errno != EAGAIN && errno != EINTR)) output_.Close();
}

int WorkerOutput::WaitForEnd(pid_t pid) {
  int status = 0;
  for (pid_t ended = 0; ended != pid;) {
    const bool reads = descriptor() >= 0;
    if (reads) {
      pollfd readable = {descriptor(), POLLIN, 0};
      if (poll(&readable, 1, kTickMilliseconds) > 0) Read();
    }
    ended = waitpid(pid, &status, reads ? WNOHANG : 0);
    if (ended < 0 && errno != EINTR) break;
  }
  if (descriptor() >= 0) Read();  // its last words
  lines_.End(SteadyNow());
  return status;
}

}  // namespace advae
