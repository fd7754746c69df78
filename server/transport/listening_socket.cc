#include "server/transport/listening_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/base/system_error.h"

namespace advae {
namespace {

constexpr int kBacklog = 4096;  // as far as the system allows

struct Address {
  sockaddr_storage storage = {};
  socklen_t size = sizeof(storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  bool is_v6() const { return storage.ss_family == AF_INET6; }
  // The port in network order, at the same place in both families.
  in_port_t& port() { return reinterpret_cast<sockaddr_in*>(&storage)->sin_port; }
};

absl::Status Failed(const char* what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", SystemErrorMessage(errno)));
}

absl::StatusOr<std::vector<Address>> Resolve(const std::string& host, const std::string& port) {
  addrinfo hints = {};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0) {
    return absl::UnavailableError(gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  std::vector<Address> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    Address& address = addresses.emplace_back();
    memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
    address.size = entry->ai_addrlen;
  }
  return addresses;
}

bool IsLoopback(const Address& address) {
  if (!address.is_v6()) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address.storage).sin_addr;
    return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&v6);
}

// Listens at `address` and, when it asks for any port, sets the one that it got.
absl::StatusOr<FileDescriptor> ListenAt(Address& address, bool both_families) {
  FileDescriptor socket(
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.get() < 0) return Failed("no socket");
  // Connections of a server before this one may still be closing.
  const int on = 1, only_v6 = both_families ? 0 : 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (address.is_v6()) {
    setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, sizeof(only_v6));
  }
  if (bind(socket.get(), address.get(), address.size) != 0 || listen(socket.get(), kBacklog) != 0) {
    return Failed("cannot bind");
  }
  if (getsockname(socket.get(), address.get(), &address.size) != 0) return Failed("no address");
  return socket;
}

// IP:PORT; an IPv6 address in brackets, an IPv4 address within IPv6 as such.
std::string TextOf(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text = {};
  Address copy = address;
  const auto port = ntohs(copy.port());
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_addr;
  const void* v4 = &reinterpret_cast<const sockaddr_in&>(address.storage).sin_addr;
  constexpr size_t kMappedOffset = 12;
  if (address.is_v6() && IN6_IS_ADDR_V4MAPPED(&v6)) v4 = &v6.s6_addr[kMappedOffset];
  if (!address.is_v6() || IN6_IS_ADDR_V4MAPPED(&v6)) {
    return absl::StrCat(inet_ntop(AF_INET, v4, text.data(), text.size()), ":", port);
  }
  return absl::StrCat("[", inet_ntop(AF_INET6, &v6, text.data(), text.size()), "]:", port);
}

// Where a client on this machine finds a socket bound to `address`.
std::string OwnAddress(Address address) {
  if (address.is_v6()) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(address.storage).sin6_addr;
    if (IN6_IS_ADDR_UNSPECIFIED(&v6)) v6 = in6addr_loopback;
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage).sin_addr;
    if (v4.s_addr == htonl(INADDR_ANY)) v4.s_addr = htonl(INADDR_LOOPBACK);
  }
  return TextOf(address);
}

// Waits until a connection that was begun is there.
absl::Status AwaitConnected(int socket, absl::Duration limit) {
  pollfd awaited = {.fd = socket, .events = POLLOUT, .revents = 0};
  if (poll(&awaited, 1, static_cast<int>(absl::ToInt64Milliseconds(limit))) != 1) {
    return absl::UnavailableError("no connection in time");
  }
  int error = 0;
  socklen_t size = sizeof(error);
  getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error == 0) return absl::OkStatus();
  errno = error;
  return Failed("cannot connect");
}

// All addresses of a host share the port that the first one gets.
absl::StatusOr<ListeningSockets> ListenAtAll(absl::StatusOr<std::vector<Address>> addresses,
                                             bool both_families) {
  if (!addresses.ok()) return addresses.status();
  ListeningSockets listening = {.sockets = {}, .port = 0, .own_address = {}, .is_loopback = true};
  for (Address& address : *addresses) {
    if (listening.port != 0) address.port() = htons(listening.port);
    absl::StatusOr<FileDescriptor> socket = ListenAt(address, both_families);
    if (!socket.ok()) return socket.status();
    listening.sockets.push_back(*std::move(socket));
    listening.is_loopback = listening.is_loopback && IsLoopback(address);
    if (listening.port != 0) continue;
    listening.port = ntohs(address.port());
    listening.own_address = OwnAddress(address);
  }
  return listening;
}

// HOST and PORT of HOST:PORT, without brackets.
absl::StatusOr<std::pair<std::string, std::string>> Split(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return absl::UnavailableError("the address has no port");
  std::string host = address.substr(0, colon);
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return std::pair(host, address.substr(colon + 1));
}

}  // namespace

absl::StatusOr<ListeningSockets> Listen(const std::string& address) {
  const auto parts = Split(address);
  if (!parts.ok()) return parts.status();
  const auto& [host, port] = *parts;
  if (host != "::" && host != "0.0.0.0") return ListenAtAll(Resolve(host, port), false);
  auto listening = ListenAtAll(Resolve("::", port), true);
  if (listening.ok()) return listening;
  return ListenAtAll(Resolve("0.0.0.0", port), false);  // a machine without IPv6
}

absl::StatusOr<FileDescriptor> Connect(const std::string& address, absl::Duration limit,
                                       const std::function<void(const std::string&)>& announce) {
  const auto parts = Split(address);
  if (!parts.ok()) return parts.status();
  auto peers = Resolve(parts->first, parts->second);
  if (!peers.ok()) return peers.status();
  Address peer = peers->front();
  FileDescriptor socket(
      ::socket(peer.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.get() < 0) return Failed("no socket");
  Address own = peer;
  own.port() = 0;
  if (bind(socket.get(), own.get(), own.size) != 0 ||
      getsockname(socket.get(), own.get(), &own.size) != 0) {
    return Failed("no address");
  }
  announce(TextOf(own));
  if (connect(socket.get(), peer.get(), peer.size) != 0 && errno != EINPROGRESS) {
    return Failed("cannot connect");
  }
  if (absl::Status status = AwaitConnected(socket.get(), limit); !status.ok()) return status;
  return socket;
}

std::string PeerAddress(int socket) {
  Address peer;
  return getpeername(socket, peer.get(), &peer.size) == 0 ? TextOf(peer) : "";
}

}  // namespace advae
