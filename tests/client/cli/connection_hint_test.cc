// What `advae` adds to errors of connections.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "client/cli/cli.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/base/file_descriptor.h"
#include "tests/client/cli/cli_fixture.h"

namespace advae {
namespace {

using ::advae::testing::Result;
using ::advae::testing::RunProgram;
using ::testing::HasSubstr;
using ::testing::Not;

// Closes each of its connections: at once, as a server with TLS does that gets none, or when the
// headers of a call have come, as one that is killed.
class ClosingServer {
 public:
  explicit ClosingServer(bool takes_calls)
      : takes_calls_(takes_calls), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listener_.get(), any, size), 0);
    EXPECT_EQ(listen(listener_.get(), 8), 0);
    EXPECT_EQ(getsockname(listener_.get(), any, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Accept(); });
  }
  ~ClosingServer() {
    shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

 private:
  void Accept() {
    for (;;) {
      const FileDescriptor connection(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (connection.get() < 0) return;
      if (takes_calls_) ReadHeaders(connection.get());
      // What the client still sends is read: closing without that would reset the connection.
      shutdown(connection.get(), SHUT_WR);
      char rest = 0;
      while (recv(connection.get(), &rest, 1, 0) > 0) continue;
    }
  }

  // Greets as HTTP/2 does, and reads until a frame of headers is there.
  static void ReadHeaders(int connection) {
    constexpr char kEmptySettings[] = {0, 0, 0, 4, 0, 0, 0, 0, 0};
    send(connection, kEmptySettings, sizeof(kEmptySettings), MSG_NOSIGNAL);
    constexpr size_t kPreface = 24;
    constexpr uint8_t kHeaders = 1;
    std::string bytes(kPreface, 0);
    if (recv(connection, bytes.data(), bytes.size(), MSG_WAITALL) <= 0) return;
    std::array<uint8_t, 9> frame = {};
    while (recv(connection, frame.data(), frame.size(), MSG_WAITALL) > 0 && frame[3] != kHeaders) {
      bytes.resize((size_t{frame[0]} << 16) | (size_t{frame[1]} << 8) | frame[2]);
      recv(connection, bytes.data(), bytes.size(), MSG_WAITALL);
    }
  }

  const bool takes_calls_;
  const FileDescriptor listener_;
  int port_ = 0;
  std::thread thread_;
};

Result SetServing(const ClosingServer& server) {
  Cancellation cancellation;
  return RunProgram("set-serving pump 1", {"--server=" + server.address()}, "", cancellation);
}

TEST(ConnectionHint, IsOfTlsWhereNoConnectionComesAbout) {
  const Result result = SetServing(ClosingServer(/*takes_calls=*/false));
  EXPECT_EQ(result.exit_code, kExitFailure);
  EXPECT_THAT(result.err,
              HasSubstr("if the server speaks TLS, the command needs --tls-ca or --tls"));
}

TEST(ConnectionHint, IsOfTheServersEndWhereACallWasUnderWay) {
  const Result result = SetServing(ClosingServer(/*takes_calls=*/true));
  EXPECT_EQ(result.exit_code, kExitFailure);
  EXPECT_THAT(result.err, HasSubstr("UNAVAILABLE: "));
  EXPECT_THAT(result.err, HasSubstr("; the server or the connection to it ended during the call"));
  EXPECT_THAT(result.err, Not(HasSubstr("TLS")));
}

}  // namespace
}  // namespace advae
