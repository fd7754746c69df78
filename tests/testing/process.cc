#include "tests/testing/process.h"

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
#include "model/base/file_descriptor.h"
#include "model/base/pipe.h"
#include "model/base/status_macros.h"

extern char** environ;

namespace advae::testing {
namespace {

absl::Status SystemError(const char* what) {
  return absl::InternalError(absl::StrCat(what, ": ", std::strerror(errno)));
}

// A nameless file that holds `text`, at its beginning.
absl::StatusOr<FileDescriptor> FileOf(const std::string& text) {
  FileDescriptor file(memfd_create("input", MFD_CLOEXEC));
  if (file.get() < 0) return SystemError("memfd_create");
  if (write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      lseek(file.get(), 0, SEEK_SET) != 0) {
    return SystemError("write to memfd");
  }
  return file;
}

constexpr int kEvents = STDERR_FILENO + 1;

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
  if (options.event_pipe) {
    posix_spawn_file_actions_adddup2(&actions, *options.event_pipe, kEvents);
  }
  posix_spawn_file_actions_addclosefrom_np(&actions, options.event_pipe ? kEvents + 1 : kEvents);
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
  FileDescriptor file;
  if (!options.input_pipe) {
    ADVAE_ASSIGN_OR_RETURN(file, FileOf(options.input));
  }
  ADVAE_ASSIGN_OR_RETURN(Pipe output, MakePipe());
  ADVAE_ASSIGN_OR_RETURN(Pipe errors, MakePipe());
  ADVAE_ASSIGN_OR_RETURN(const pid_t pid, Spawn(options, options.input_pipe.value_or(file.get()),
                                                output.write_end.get(), errors.write_end.get()));
  return std::unique_ptr<Process>(
      new Process(pid, output.read_end.Release(), errors.read_end.Release()));
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
