#ifndef ADVAE_SERVER_TRANSPORT_LISTENING_SOCKET_H_
#define ADVAE_SERVER_TRANSPORT_LISTENING_SOCKET_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "model/base/file_descriptor.h"

namespace advae {

// TCP sockets that listen without blocking, on one port of one or more addresses.
struct ListeningSockets {
  std::vector<FileDescriptor> sockets;  // never empty
  uint16_t port;
  // IP:PORT at which this machine reaches the first of them; an IPv6 address in brackets.
  std::string own_address;
  // Nobody but this machine reaches them.
  bool is_loopback = false;
};

// Listens on HOST:PORT, at every address that the host has; port 0 picks a free one. 0.0.0.0 and
// [::] both stand for all addresses of both families, as far as the machine has them. Blocks while
// a name is looked up. kUnavailable when the host has no address of this machine or the port is
// taken.
absl::StatusOr<ListeningSockets> Listen(const std::string& address);

// Connects to IP:PORT of this machine, an IPv6 address in brackets, within `limit`. Calls
// `announce` with the address that the other side will see (PeerAddress) before it can see it.
// kUnavailable when nobody accepts.
absl::StatusOr<FileDescriptor> Connect(const std::string& address, absl::Duration limit,
                                       const std::function<void(const std::string&)>& announce);

// IP:PORT of the other side of a connected socket; empty when there is none any more.
std::string PeerAddress(int socket);

}  // namespace advae

#endif  // ADVAE_SERVER_TRANSPORT_LISTENING_SOCKET_H_
