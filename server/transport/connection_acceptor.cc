#include "server/transport/connection_acceptor.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <optional>
#include <utility>

#include "model/base/steady_clock.h"
#include "model/base/system_error.h"
#include "server/log/log.h"

namespace advae {
namespace {

constexpr absl::Duration kCountInterval = absl::Seconds(1);
// While the server is full, so that those who knock do not keep it busy with counting.
constexpr absl::Duration kRecountInterval = absl::Milliseconds(50);
constexpr absl::Duration kPauseWhenShort = absl::Milliseconds(100);
constexpr int kMaxAccepts = 64;  // in a row, so that a flood at one address leaves time for another

// For poll().
int Milliseconds(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

void Configure(int socket, absl::Duration max_send_stall) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  // Holds for data that is not acknowledged and for a window that stays closed.
  const auto stall = static_cast<unsigned>(absl::ToInt64Milliseconds(max_send_stall));
  setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &stall, sizeof(stall));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ConnectionAcceptor>> ConnectionAcceptor::Start(
    ListeningSockets listening, const AcceptorOptions& options, OpenSockets& open,
    ConnectionMetrics& metrics, Handler handler) {
  FileDescriptor stop(eventfd(0, EFD_CLOEXEC));
  if (stop.get() < 0) return absl::UnavailableError("no file descriptor is left");
  return std::unique_ptr<ConnectionAcceptor>(new ConnectionAcceptor(
      std::move(listening), std::move(stop), options, open, metrics, std::move(handler)));
}

ConnectionAcceptor::ConnectionAcceptor(ListeningSockets listening, FileDescriptor stop,
                                       const AcceptorOptions& options, OpenSockets& open,
                                       ConnectionMetrics& metrics, Handler handler)
    : listening_(std::move(listening)),
      stop_(std::move(stop)),
      options_(options),
      open_(open),
      metrics_(metrics),
      handler_(std::move(handler)),
      limiter_(1),
      thread_([this] { Run(); }) {
  metrics_.limit.Set(static_cast<double>(options_.max_connections));
}

ConnectionAcceptor::~ConnectionAcceptor() {
  eventfd_write(stop_.get(), 1);
  thread_.join();
}

void ConnectionAcceptor::Run() {
  std::vector<pollfd> awaited = {{.fd = stop_.get(), .events = POLLIN, .revents = 0}};
  for (const FileDescriptor& socket : listening_.sockets) {
    awaited.push_back({.fd = socket.get(), .events = POLLIN, .revents = 0});
  }
  for (;;) {
    poll(awaited.data(), awaited.size(), Milliseconds(kCountInterval));
    if (awaited[0].revents != 0) return;
    bool is_short = false;
    for (size_t i = 1; i < awaited.size(); ++i) {
      if (awaited[i].revents != 0) is_short |= !AcceptFrom(awaited[i].fd);
    }
    // The connection still waits, so that the next poll would return at once.
    if (is_short) poll(awaited.data(), 1, Milliseconds(kPauseWhenShort));
    if (SteadyNow() - counted_ < kCountInterval) continue;
    CountOpen();
    open_.WakeOwnersOfReset();
  }
}

bool ConnectionAcceptor::AcceptFrom(int listener) {
  for (int i = 0; i < kMaxAccepts; ++i) {
    FileDescriptor socket(accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.get() < 0) {
      const bool is_short =
          errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
      if (is_short) LogRefusal(SystemErrorMessage(errno));
      return !is_short;
    }
    if (IsFull()) {
      metrics_.refused.Increment();
      LogRefusal(
          "the limit of open connections is reached (--max_connections or file descriptors)");
      continue;
    }
    Configure(socket.get(), options_.max_send_stall);
    open_.Add(socket.get());
    handler_(std::move(socket));
  }
  return true;
}

bool ConnectionAcceptor::IsFull() {
  if (open_.count() < options_.max_connections) return false;
  if (SteadyNow() - counted_ >= kRecountInterval) CountOpen();
  return open_.count() >= options_.max_connections;
}

void ConnectionAcceptor::CountOpen() {
  open_.Refresh();
  metrics_.open.Set(static_cast<double>(open_.count()));
  counted_ = SteadyNow();
}

void ConnectionAcceptor::LogRefusal(const std::string& reason) {
  const std::optional<uint64_t> held_back = limiter_.Admit("connection", SteadyNow());
  if (!held_back) return;
  Log(LogLevel::kWarning, "connection refused", {{"reason", reason}, {"held_back", *held_back}});
}

}  // namespace advae
