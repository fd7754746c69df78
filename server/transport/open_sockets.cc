#include "server/transport/open_sockets.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <optional>
#include <utility>

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

bool OpenSockets::Shut(std::string_view peer) {
  absl::MutexLock lock(&mutex_);
  for (auto& [number, socket] : sockets_) {
    if (socket.peer != peer || socket.is_shut) continue;
    // A number of our own, under which nothing else can be opened meanwhile.
    const FileDescriptor own(fcntl(number, F_DUPFD_CLOEXEC, 0));
    if (own.get() < 0 || IdentityOf(own.get()) != socket.identity) continue;
    socket.is_shut = true;
    shutdown(own.get(), SHUT_RDWR);
    return true;
  }
  return false;
}

size_t OpenSockets::count() const {
  absl::MutexLock lock(&mutex_);
  return sockets_.size();
}

}  // namespace advae
