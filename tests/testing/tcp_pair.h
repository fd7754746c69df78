#ifndef ADVAE_TESTS_TESTING_TCP_PAIR_H_
#define ADVAE_TESTS_TESTING_TCP_PAIR_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "model/base/file_descriptor.h"

namespace advae::testing {

// Both ends of a TCP connection over the loopback.
class TcpPair {
 public:
  TcpPair() {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof(address);
    const FileDescriptor listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    connected_ = FileDescriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (bind(listener.get(), any, size) == 0 && listen(listener.get(), 1) == 0 &&
        getsockname(listener.get(), any, &size) == 0 && connect(connected_.get(), any, size) == 0) {
      accepted_ = FileDescriptor(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    }
  }

  // Descriptors of the two ends; negative when there is no connection.
  int accepted() const { return accepted_.get(); }
  int connected() const { return connected_.get(); }

  // Closes the end that connected as the system does for a process that crashes: with a RST.
  void Reset() {
    const linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(connected_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    connected_.Close();
  }

  // Whether the end that connected comes to see the end of the connection.
  bool Ends() const {
    constexpr int kLimitMilliseconds = 60'000;
    pollfd awaited = {.fd = connected_.get(), .events = POLLIN, .revents = 0};
    return poll(&awaited, 1, kLimitMilliseconds) == 1 && IsOver();
  }
  // Whether it has seen it by now.
  bool IsOver() const {
    char byte = 0;
    return recv(connected_.get(), &byte, 1, MSG_DONTWAIT) == 0;
  }

 private:
  FileDescriptor connected_;
  FileDescriptor accepted_;
};

}  // namespace advae::testing

#endif  // ADVAE_TESTS_TESTING_TCP_PAIR_H_
