#include "server/transport/open_sockets.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <optional>
#include <utility>
#include <vector>

#include "model/base/file_descriptor.h"
#include "server/transport/listening_socket.h"

namespace advae {

// Not fstat: the descriptor may be another's by now, which is what is asked here, and what
// ThreadSanitizer takes for a race when it sees it.
std::optional<OpenSockets::Identity> OpenSockets::IdentityOf(int descriptor) {
  struct statx status = {};
  if (statx(descriptor, "", AT_EMPTY_PATH, STATX_INO, &status) != 0) return std::nullopt;
  return Identity{status.stx_dev_major, status.stx_dev_minor, status.stx_ino};
}

void OpenSockets::Add(int socket) {
  const std::optional<Identity> identity = IdentityOf(socket);
  if (!identity) return;
  std::string peer = PeerAddress(socket);
  absl::MutexLock lock(&mutex_);
  sockets_.insert_or_assign(socket, Socket{.identity = *identity, .peer = std::move(peer)});
}

void OpenSockets::Refresh() {
  absl::MutexLock lock(&mutex_);
  std::erase_if(sockets_,
                [](const auto& entry) { return IdentityOf(entry.first) != entry.second.identity; });
}

void OpenSockets::WakeOwnersOfReset() {
  absl::MutexLock lock(&mutex_);
  std::vector<pollfd> polled;
  polled.reserve(sockets_.size());
  for (const auto& [number, socket] : sockets_) {
    polled.push_back({.fd = number, .events = 0, .revents = 0});
  }
  if (poll(polled.data(), polled.size(), 0) <= 0) return;
  for (const pollfd& socket : polled) {
    // Not after POLLERR alone: a connection that is not over may be told of an error.
    if ((socket.revents & POLLHUP) != 0) ShutSocket(socket.fd, sockets_.at(socket.fd).identity);
  }
}

bool OpenSockets::Shut(std::string_view peer) {
  absl::MutexLock lock(&mutex_);
  for (auto& [number, socket] : sockets_) {
    if (socket.peer != peer || socket.is_shut) continue;
    if (!ShutSocket(number, socket.identity)) continue;
    socket.is_shut = true;
    return true;
  }
  return false;
}

bool OpenSockets::ShutSocket(int number, const Identity& identity) {
  // A number of our own, under which nothing else can be opened meanwhile.
  const FileDescriptor own(fcntl(number, F_DUPFD_CLOEXEC, 0));
  if (own.get() < 0 || IdentityOf(own.get()) != identity) return false;
  shutdown(own.get(), SHUT_RDWR);
  return true;
}

size_t OpenSockets::count() const {
  absl::MutexLock lock(&mutex_);
  return sockets_.size();
}

}  // namespace advae
