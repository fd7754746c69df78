#ifndef ADVAE_TESTS_TESTING_LOOPBACK_SOCKET_H_
#define ADVAE_TESTS_TESTING_LOOPBACK_SOCKET_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace advae::testing {

// A client's end of a TCP connection to IPV4:PORT of the loopback.
class LoopbackSocket {
 public:
  explicit LoopbackSocket(const std::string& address)
      : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const size_t colon = address.rfind(':');
    sockaddr_in peer = {};
    peer.sin_family = AF_INET;
    peer.sin_port = htons(static_cast<uint16_t>(std::atoi(address.c_str() + colon + 1)));
    inet_pton(AF_INET, address.substr(0, colon).c_str(), &peer.sin_addr);
    connected_ = connect(socket_, reinterpret_cast<const sockaddr*>(&peer), sizeof(peer)) == 0;
  }
  LoopbackSocket(LoopbackSocket&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), connected_(other.connected_) {}
  ~LoopbackSocket() {
    if (socket_ >= 0) close(socket_);
  }

  bool connected() const { return connected_; }
  void Send(std::string_view bytes) {
    // Whether the peer is still there shows when it is read from.
    if (send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) connected_ = false;
  }
  // All that comes until the peer closes.
  std::string ReadAll() {
    std::string text;
    std::array<char, 4096> block;
    for (ssize_t count; (count = recv(socket_, block.data(), block.size(), 0)) > 0;) {
      text.append(block.data(), static_cast<size_t>(count));
    }
    return text;
  }

 private:
  int socket_;
  bool connected_;
};

}  // namespace advae::testing

#endif  // ADVAE_TESTS_TESTING_LOOPBACK_SOCKET_H_
