#include "tests/integration/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

extern char** environ;

namespace advae::testing {
namespace {

absl::Status SystemError(const char* what) {
  return absl::InternalError(absl::StrCat(what, ": ", std::strerror(errno)));
}

// A nameless file that holds `text`, at its beginning.
absl::StatusOr<int> FileOf(const std::string& text) {
  const int file = memfd_create("input", MFD_CLOEXEC);
  if (file < 0) return SystemError("memfd_create");
  if (write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      lseek(file, 0, SEEK_SET) != 0) {
    return SystemError("write to memfd");
  }
  return file;
}

// Pointers to `strings`, and a null pointer after the last, as exec wants them.
std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& text : strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> Environment(const ProcessOptions& options) {
  std::vector<std::string> variables;
  // The first of two variables with the same name counts.
  for (const auto& [name, value] : options.environment) {
    variables.push_back(absl::StrCat(name, "=", value));
  }
  for (char** variable = environ; *variable != nullptr; ++variable) variables.push_back(*variable);
  return variables;
}

absl::StatusOr<pid_t> Spawn(const ProcessOptions& options, int input, int output, int errors) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
  if (options.working_folder) {
    posix_spawn_file_actions_addchdir_np(&actions, options.working_folder->c_str());
  }
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);  // a process group of its own

  std::vector<std::string> arguments = {options.program.string()};
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  std::vector<std::string> environment = Environment(options);
  pid_t pid = 0;
  const int error = posix_spawn(&pid, options.program.c_str(), &actions, &attributes,
                                Pointers(arguments).data(), Pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error == 0) return pid;
  return absl::InternalError(
      absl::StrCat("cannot start ", options.program.string(), ": ", std::strerror(error)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Process>> Process::Start(const ProcessOptions& options) {
  const absl::StatusOr<int> input = FileOf(options.input);
  if (!input.ok()) return input.status();
  int output[2], errors[2];
  if (pipe2(output, O_CLOEXEC) != 0 || pipe2(errors, O_CLOEXEC) != 0) return SystemError("pipe");
  const absl::StatusOr<pid_t> pid = Spawn(options, *input, output[1], errors[1]);
  for (const int descriptor : {*input, output[1], errors[1]}) close(descriptor);
  if (pid.ok()) return std::unique_ptr<Process>(new Process(*pid, output[0], errors[0]));
  for (const int descriptor : {output[0], errors[0]}) close(descriptor);
  return pid.status();
}

Process::~Process() {
  // Who holds the pipes must be gone before their ends can be read.
  KillAll();
  if (!end_) waitpid(pid_, nullptr, 0);
}

absl::StatusOr<std::optional<std::string>> Process::ReadLine(absl::Duration limit) {
  return output_.NextLine(limit);
}

void Process::Signal(int number) {
  if (!end_) kill(pid_, number);
}

void Process::KillAll() { kill(-pid_, SIGKILL); }

absl::StatusOr<ProcessEnd> Process::Wait(absl::Duration limit) {
  if (end_) return *end_;
  if (absl::Status status = WaitForEnd(pid_, limit); !status.ok()) return status;
  int wait_status = 0;
  if (waitpid(pid_, &wait_status, 0) != pid_) return SystemError("waitpid");
  end_ = WIFEXITED(wait_status) ? Exited(WEXITSTATUS(wait_status)) : Killed(WTERMSIG(wait_status));
  absl::Status status = output_.WaitForEnd(limit);
  status.Update(errors_.WaitForEnd(limit));
  if (!status.ok()) return status;
  return *end_;
}

std::vector<pid_t> Process::Children() const {
  std::vector<pid_t> children;
  std::error_code error;
  const std::filesystem::path tasks = absl::StrCat("/proc/", pid_, "/task");
  for (const auto& task : std::filesystem::directory_iterator(tasks, error)) {
    std::ifstream file(task.path() / "children");
    for (pid_t child; file >> child;) children.push_back(child);
  }
  return children;
}

absl::Status WaitForEnd(pid_t pid, absl::Duration limit) {
  const int descriptor = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (descriptor < 0) return errno == ESRCH ? absl::OkStatus() : SystemError("pidfd_open");
  pollfd polled{.fd = descriptor, .events = POLLIN, .revents = 0};
  int ready = 0;
  do {
    ready = poll(&polled, 1, static_cast<int>(absl::ToInt64Milliseconds(limit)));
  } while (ready < 0 && errno == EINTR);
  close(descriptor);
  if (ready == 1) return absl::OkStatus();
  return absl::DeadlineExceededError(
      absl::StrCat("process ", pid, " has not ended within ", absl::FormatDuration(limit)));
}

}  // namespace advae::testing
