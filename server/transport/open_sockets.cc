#include "server/transport/open_sockets.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <optional>

namespace advae {

// Not fstat: the descriptor may be another's by now, which is what is asked here, and what
// ThreadSanitizer takes for a race when it sees it.
std::optional<OpenSockets::Identity> OpenSockets::IdentityOf(int descriptor) {
  struct statx status = {};
  if (statx(descriptor, "", AT_EMPTY_PATH, STATX_INO, &status) != 0) return std::nullopt;
  return Identity{status.stx_dev_major, status.stx_dev_minor, status.stx_ino};
}

void OpenSockets::Add(int socket) {
  if (const auto identity = IdentityOf(socket)) identities_.insert_or_assign(socket, *identity);
}

void OpenSockets::Refresh() {
  std::erase_if(identities_,
                [](const auto& entry) { return IdentityOf(entry.first) != entry.second; });
}

}  // namespace advae
