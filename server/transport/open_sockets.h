#ifndef ADVAE_SERVER_TRANSPORT_OPEN_SOCKETS_H_
#define ADVAE_SERVER_TRANSPORT_OPEN_SOCKETS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

namespace advae {

// Knows which sockets, whose owner says nothing when it closes one, are still open. gRPC is such an
// owner. Not thread-safe.
class OpenSockets {
 public:
  // Remembers an open socket. One that had the same number before is closed by now.
  void Add(int socket);
  // Forgets the sockets that were closed; takes about a microsecond for each one remembered.
  void Refresh();
  // Sockets that were open at the last Refresh or have been added since.
  size_t count() const { return identities_.size(); }

 private:
  // What no two open sockets share, though one may get the number of another.
  struct Identity {
    uint32_t device_major;
    uint32_t device_minor;
    uint64_t inode;
    bool operator==(const Identity&) const = default;
  };

  // Empty when nothing is open under this number.
  static std::optional<Identity> IdentityOf(int descriptor);

  std::map<int, Identity> identities_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_TRANSPORT_OPEN_SOCKETS_H_
