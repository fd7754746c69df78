#include "server/jobs/worker_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/base/pipe.h"
#include "model/base/status_macros.h"
#include "model/base/system_error.h"
#include "server/jobs/process_limits.h"

namespace advae {
namespace {

constexpr int kLowestPriority = 19;
constexpr int kEventDescriptor = 3;

// This process's own, but for threads that libraries would start before main(): the worker can
// confine but itself.
std::vector<std::string> WorkerEnvironment() {
  constexpr std::string_view kThreads = "OPENBLAS_NUM_THREADS=";
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!std::string_view(*variable).starts_with(kThreads)) variables.emplace_back(*variable);
  }
  variables.push_back(std::string(kThreads) + "1");
  return variables;
}

absl::StatusOr<pid_t> Spawn(const std::filesystem::path& program, int standard_input, int events,
                            int output) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, standard_input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&actions, events, kEventDescriptor);
  // The server blocks and ignores signals that the worker should take.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  std::string name = program.string();
  std::string command = "worker";
  char* const arguments[] = {name.data(), command.data(), nullptr};
  std::vector<std::string> variables = WorkerEnvironment();
  std::vector<char*> environment;
  environment.reserve(variables.size() + 1);
  for (std::string& variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);
  pid_t pid = 0;
  const int error =
      posix_spawn(&pid, name.c_str(), &actions, &attributes, arguments, environment.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot start the trainer ", name, ": ", SystemErrorMessage(error)));
  }
  setpriority(PRIO_PROCESS, pid, kLowestPriority);
  std::ofstream(absl::StrCat("/proc/", pid, "/oom_score_adj")) << 1000;
  return pid;
}

}  // namespace

absl::StatusOr<WorkerProcess> StartWorker(const std::filesystem::path& program,
                                          std::optional<uint64_t> memory_bytes) {
  ADVAE_ASSIGN_OR_RETURN(Pipe input, MakePipe());
  ADVAE_ASSIGN_OR_RETURN(Pipe events, MakePipe());
  ADVAE_ASSIGN_OR_RETURN(Pipe output, MakePipe());
  ADVAE_ASSIGN_OR_RETURN(const pid_t pid, Spawn(program, input.read_end.get(),
                                                events.write_end.get(), output.write_end.get()));
  // The worker waits for its job, and has taken nothing yet.
  if (absl::Status status = LimitProcess(pid, memory_bytes); !status.ok()) {
    kill(pid, SIGKILL);
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    return status;
  }
  fcntl(output.read_end.get(), F_SETFL, O_NONBLOCK);
  // The ends of the worker are its own from now on, so that each side sees the other go.
  return WorkerProcess{.pid = pid,
                       .input = std::move(input.write_end),
                       .events = std::move(events.read_end),
                       .output = std::move(output.read_end)};
}

}  // namespace advae
