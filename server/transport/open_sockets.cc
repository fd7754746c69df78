#include "server/transport/open_sockets.h"

#include <sys/stat.h>

namespace advae {

void OpenSockets::Add(int socket) {
  struct stat status = {};
  if (fstat(socket, &status) != 0) return;
  identities_.insert_or_assign(socket, Identity{status.st_dev, status.st_ino});
}

void OpenSockets::Refresh() {
  std::erase_if(identities_, [](const auto& entry) {
    struct stat status = {};
    return fstat(entry.first, &status) != 0 ||
           entry.second != Identity{status.st_dev, status.st_ino};
  });
}

}  // namespace advae
