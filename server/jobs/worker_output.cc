#include "server/jobs/worker_output.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "model/base/steady_clock.h"

namespace advae {
namespace {

// How late the end of a worker may be seen whose own children hold its output open, and that of one
// that has closed it.
constexpr int kTickMilliseconds = 100;
constexpr int kShortTickMilliseconds = 5;
constexpr size_t kBlockBytes = 65536;  // what a pipe holds

}  // namespace

void WorkerOutput::Read() {
  std::array<char, kBlockBytes> block;
  const ssize_t count = read(output_.get(), block.data(), block.size());
  if (count > 0) return lines_.Take({block.data(), static_cast<size_t>(count)}, SteadyNow());
  if (count == 0 || (errno != EAGAIN && errno != EINTR)) output_.Close();
}

int WorkerOutput::WaitForEnd(pid_t pid, const JobCancellation& cancellation, absl::Time limit) {
  int status = 0;
  bool is_cancelled = false;
  bool is_killed = false;
  while (waitpid(pid, &status, WNOHANG) == 0) {
    if (!is_killed && (is_cancelled || SteadyNow() >= limit)) {
      kill(pid, SIGKILL);
      is_killed = true;
    }
    // A negative descriptor is passed over.
    std::array<pollfd, 2> polled = {
        {{descriptor(), POLLIN, 0}, {is_killed ? -1 : cancellation.descriptor(), POLLIN, 0}}};
    poll(polled.data(), polled.size(),
         descriptor() >= 0 ? kTickMilliseconds : kShortTickMilliseconds);
    if (polled[0].revents != 0) Read();
    is_cancelled = polled[1].revents != 0;
  }
  if (descriptor() >= 0) Read();  // its last words
  lines_.End(SteadyNow());
  return status;
}

}  // namespace advae
