#ifndef ADVAE_SERVER_TRANSPORT_OPEN_SOCKETS_H_
#define ADVAE_SERVER_TRANSPORT_OPEN_SOCKETS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace advae {

// Knows which sockets, whose owner says nothing when it closes one, are still open. gRPC is such an
// owner. Thread-safe.
class OpenSockets {
 public:
  // Remembers an open socket. One that had the same number before is closed by now.
  void Add(int socket) ABSL_LOCKS_EXCLUDED(mutex_);
  // Forgets the sockets that were closed; takes about a microsecond for each one remembered.
  void Refresh() ABSL_LOCKS_EXCLUDED(mutex_);
  // Tells the owners of connections that are over, again. gRPC 1.51 asks the system with each read
  // whether more can be read (TCP_INQ). If a reset has come together with the last bytes, the
  // answer is no, and it would wait for an event that has been: until its next write fails, which
  // is that of a keepalive ping, it would keep connection and calls.
  void WakeOwnersOfReset() ABSL_LOCKS_EXCLUDED(mutex_);
  // Ends the connection with a peer, as PeerAddress has it; its owner sees the end of the input and
  // closes the socket. False when there is no such connection, or it was shut before.
  bool Shut(std::string_view peer) ABSL_LOCKS_EXCLUDED(mutex_);
  // Sockets that were open at the last Refresh or have been added since.
  size_t count() const ABSL_LOCKS_EXCLUDED(mutex_);

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

  struct Socket {
    Identity identity;
    std::string peer;
    bool is_shut = false;
  };

  // Shuts both directions, which wakes who waits for the socket; false when it was closed before.
  static bool ShutSocket(int number, const Identity& identity);

  mutable absl::Mutex mutex_;
  std::map<int, Socket> sockets_ ABSL_GUARDED_BY(mutex_);  // by their numbers
};

}  // namespace advae

#endif  // ADVAE_SERVER_TRANSPORT_OPEN_SOCKETS_H_
