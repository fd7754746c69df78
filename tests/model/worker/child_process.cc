#include "tests/model/worker/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace advae::testing {
namespace {

void Check(bool condition, const char* what) {
  if (condition) return;
  std::perror(what);
  std::abort();
}

// The ends of a new pipe, reading end first; neither is inherited.
std::pair<int, int> Pipe() {
  int ends[2];
  Check(pipe2(ends, O_CLOEXEC) == 0, "pipe2");
  // Keeps clear of the descriptors that the child's ends are copied to.
  for (int& end : ends) {
    const int high = fcntl(end, F_DUPFD_CLOEXEC, 10);
    Check(high >= 0, "fcntl");
    close(end);
    end = high;
  }
  return {ends[0], ends[1]};
}

void Close(int& descriptor) {
  if (descriptor >= 0) close(std::exchange(descriptor, -1));
}

std::string ReadAll(int descriptor) {
  std::string bytes;
  char buffer[4096];
  while (true) {
    const ssize_t count = read(descriptor, buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return bytes;
    bytes.append(buffer, static_cast<size_t>(count));
  }
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& arguments, bool with_events) {
  auto [child_input, input] = Pipe();
  auto [output, child_output] = Pipe();
  auto [errors, child_errors] = Pipe();
  auto [events, child_events] = Pipe();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, child_input, 0);
  posix_spawn_file_actions_adddup2(&actions, child_output, 1);
  posix_spawn_file_actions_adddup2(&actions, child_errors, 2);
  if (with_events) {
    posix_spawn_file_actions_adddup2(&actions, child_events, 3);
  } else {
    posix_spawn_file_actions_addclose(&actions, 3);
  }
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  Check(posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ) == 0, argv[0]);
  posix_spawn_file_actions_destroy(&actions);
  for (int* const end : {&child_input, &child_output, &child_errors, &child_events}) Close(*end);
  input_ = input;
  output_ = output;
  errors_ = errors;
  events_ = events;
}

ChildProcess::~ChildProcess() {
  if (running_) {
    kill(pid_, SIGKILL);
    Wait();
  }
  for (int* const end : {&input_, &output_, &errors_, &events_}) Close(*end);
}

void ChildProcess::LimitData(uint64_t bytes) {
  const rlimit limit = {.rlim_cur = bytes, .rlim_max = bytes};
  Check(prlimit(pid_, RLIMIT_DATA, &limit, nullptr) == 0, "prlimit");
}

void ChildProcess::Write(const std::string& bytes) {
  Check(write(input_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()), "write");
}

void ChildProcess::CloseInput() { Close(input_); }

void ChildProcess::CloseEvents() { Close(events_); }

std::string ChildProcess::ReadOutput() { return ReadAll(output_); }

std::string ChildProcess::ReadErrors() { return ReadAll(errors_); }

std::optional<int> ChildProcess::Wait() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0) Check(errno == EINTR, "waitpid");
  running_ = false;
  if (!WIFEXITED(status)) return std::nullopt;
  return WEXITSTATUS(status);
}

}  // namespace advae::testing
