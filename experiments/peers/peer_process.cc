#include "experiments/peers/peer_process.h"

#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>  // also declares environ

#include <cerrno>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "experiments/peers/script.h"
#include "model/base/status_macros.h"
#include "model/base/system_error.h"

namespace advae {
namespace {

// Calls a system call that a signal may interrupt until none does.
template <typename Call>
ssize_t Retrying(Call call) {
  ssize_t result = 0;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

absl::StatusOr<pid_t> Spawn(const std::string& python, int socket) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, socket, STDOUT_FILENO);
  std::string name = python;
  std::string option = "-c";
  std::string script = kPeersScript;
  char* const arguments[] = {name.data(), option.data(), script.data(), nullptr};
  pid_t pid = 0;
  const int error = posix_spawn(&pid, python.c_str(), &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error == 0) return pid;
  return absl::FailedPreconditionError(
      absl::StrCat("cannot start ", python, ": ", SystemErrorMessage(error),
                   "; detectors of scikit-learn need Debian's package python3-sklearn"));
}

absl::Status Ended() { return absl::InternalError("the process with scikit-learn has ended"); }

absl::Status SendAll(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent =
        Retrying([&] { return send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL); });
    if (sent < 0) return Ended();
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return absl::OkStatus();
}

absl::Status ReceiveAll(int socket, char* bytes, size_t count) {
  while (count > 0) {
    const ssize_t received = Retrying([&] { return recv(socket, bytes, count, 0); });
    if (received <= 0) return Ended();
    bytes += received;
    count -= static_cast<size_t>(received);
  }
  return absl::OkStatus();
}

// Without its end. Lines are short, and the scores follow at once: a byte at a time.
absl::StatusOr<std::string> ReceiveLine(int socket) {
  std::string line;
  for (char c = 0;; line += c) {
    ADVAE_RETURN_IF_ERROR(ReceiveAll(socket, &c, 1));
    if (c == '\n') return line;
  }
}

absl::StatusOr<std::vector<double>> ReceiveAnswer(int socket) {
  ADVAE_ASSIGN_OR_RETURN(const std::string line, ReceiveLine(socket));
  absl::string_view words = line;
  if (absl::ConsumePrefix(&words, "error ")) return absl::InvalidArgumentError(words);
  size_t count = 0;
  if (!absl::ConsumePrefix(&words, "ok ") || !absl::SimpleAtoi(words, &count)) {
    return absl::InternalError(absl::StrCat("unexpected words of the process: ", line));
  }
  std::vector<double> scores(count);
  ADVAE_RETURN_IF_ERROR(
      ReceiveAll(socket, reinterpret_cast<char*>(scores.data()), count * sizeof(double)));
  return scores;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PeerProcess>> PeerProcess::Start(const std::string& python) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return absl::InternalError(absl::StrCat("socketpair: ", SystemErrorMessage(errno)));
  }
  FileDescriptor ours(ends[0]);
  FileDescriptor theirs(ends[1]);
  const int socket = ours.get();
  ADVAE_ASSIGN_OR_RETURN(const pid_t pid, Spawn(python, theirs.get()));
  std::unique_ptr<PeerProcess> process(new PeerProcess(pid, std::move(ours)));
  theirs.Close();  // so that its end is seen here
  const absl::StatusOr<std::vector<double>> greeting = ReceiveAnswer(socket);
  if (!greeting.ok()) return absl::FailedPreconditionError(greeting.status().message());
  return process;
}

PeerProcess::~PeerProcess() {
  {
    const absl::MutexLock lock(&mutex_);
    socket_.Close();  // the process ends at the end of its input
  }
  Retrying([this] { return waitpid(pid_, nullptr, 0); });
}

absl::StatusOr<PeerProcess::Fitted> PeerProcess::Fit(const std::string& detector, uint64_t seed,
                                                     MatrixView rows) {
  Fitted fitted{.id = ++last_id_};
  ADVAE_ASSIGN_OR_RETURN(fitted.training_scores,
                         Ask(absl::StrCat("fit ", fitted.id, " ", detector, " ", seed, " ",
                                          rows.rows, " ", rows.columns),
                             rows));
  return fitted;
}

absl::StatusOr<std::vector<double>> PeerProcess::Score(uint64_t id, MatrixView rows) {
  return Ask(absl::StrCat("score ", id, " ", rows.rows, " ", rows.columns), rows);
}

void PeerProcess::Drop(uint64_t id) { Ask(absl::StrCat("drop ", id), {}).IgnoreError(); }

absl::StatusOr<std::vector<double>> PeerProcess::Ask(const std::string& line, MatrixView rows) {
  const absl::MutexLock lock(&mutex_);
  ADVAE_RETURN_IF_ERROR(SendAll(socket_.get(), line + "\n"));
  const size_t bytes = rows.rows * rows.columns * sizeof(float);
  ADVAE_RETURN_IF_ERROR(
      SendAll(socket_.get(), {reinterpret_cast<const char*>(rows.values), bytes}));
  return ReceiveAnswer(socket_.get());
}

}  // namespace advae
