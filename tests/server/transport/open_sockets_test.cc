#include "server/transport/open_sockets.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <string>

#include "model/base/file_descriptor.h"
#include "server/transport/listening_socket.h"
#include "tests/testing/tcp_pair.h"

namespace advae {
namespace {

using testing::TcpPair;

std::array<FileDescriptor, 2> Pair() {
  std::array<int, 2> ends = {};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

TEST(OpenSocketsTest, ForgetsASocketThatItsOwnerHasClosed) {
  auto pair = Pair();
  OpenSockets open;
  for (const FileDescriptor& socket : pair) open.Add(socket.get());
  pair[0].Close();
  EXPECT_EQ(open.count(), 2u);
  open.Refresh();
  EXPECT_EQ(open.count(), 1u);
}

TEST(OpenSocketsTest, TellsASocketFromALaterOneOfTheSameNumber) {
  auto first = Pair();
  const int number = first[0].get();
  OpenSockets open;
  open.Add(number);
  first[0].Close();
  const auto second = Pair();
  ASSERT_EQ(second[0].get(), number);
  open.Refresh();
  EXPECT_EQ(open.count(), 0u);
}

TEST(OpenSocketsTest, ShutsTheConnectionWithAPeer) {
  const TcpPair first;
  const TcpPair second;
  OpenSockets open;
  open.Add(first.accepted());
  open.Add(second.accepted());
  EXPECT_TRUE(open.Shut(PeerAddress(second.accepted())));
  EXPECT_TRUE(second.Ends());
  EXPECT_FALSE(open.Shut(PeerAddress(second.accepted()))) << "twice";
  EXPECT_FALSE(first.IsOver());
}

TEST(OpenSocketsTest, ShutsNoLaterSocketOfTheSameNumber) {
  OpenSockets open;
  std::string peer;
  int number = -1;
  {
    const TcpPair first;
    number = first.accepted();
    peer = PeerAddress(number);
    open.Add(number);
  }
  const TcpPair second;
  ASSERT_EQ(second.accepted(), number);
  EXPECT_FALSE(open.Shut(peer));
  EXPECT_FALSE(second.IsOver());
}

// An owner that waits as gRPC does, for the next change of a socket.
class Owner {
 public:
  explicit Owner(int socket) : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    epoll_event event = {.events = EPOLLIN | EPOLLET, .data = {.fd = socket}};
    EXPECT_EQ(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket, &event), 0);
  }

  // Whether there is an event now, or comes within the limit.
  bool HasEvent(int limit_milliseconds = 0) const {
    epoll_event event;
    return epoll_wait(epoll_.get(), &event, 1, limit_milliseconds) == 1;
  }

 private:
  const FileDescriptor epoll_;
};

TEST(OpenSocketsTest, WakesTheOwnerOfAConnectionThatWasReset) {
  TcpPair pair;
  OpenSockets open;
  open.Add(pair.accepted());
  const Owner owner(pair.accepted());
  std::array<char, 10> bytes = {};
  ASSERT_EQ(send(pair.connected(), bytes.data(), bytes.size(), 0), 10);
  pair.Reset();
  ASSERT_TRUE(owner.HasEvent(60'000)) << "of the bytes and of the reset";
  ASSERT_EQ(recv(pair.accepted(), bytes.data(), bytes.size(), 0), 10);
  ASSERT_FALSE(owner.HasEvent());
  open.WakeOwnersOfReset();
  EXPECT_TRUE(owner.HasEvent());
}

TEST(OpenSocketsTest, WakesNoOwnerOfALiveConnection) {
  const TcpPair pair;
  OpenSockets open;
  open.Add(pair.accepted());
  const Owner owner(pair.accepted());
  open.WakeOwnersOfReset();
  EXPECT_FALSE(owner.HasEvent());
  EXPECT_FALSE(pair.IsOver());
  // The client has ended its side, and still reads.
  ASSERT_EQ(shutdown(pair.connected(), SHUT_WR), 0);
  ASSERT_TRUE(owner.HasEvent(60'000));
  open.WakeOwnersOfReset();
  EXPECT_FALSE(owner.HasEvent());
  EXPECT_FALSE(pair.IsOver());
}

TEST(OpenSocketsTest, WakesNoOwnerOfALaterSocketOfTheSameNumber) {
  OpenSockets open;
  int number = -1;
  {
    const TcpPair first;
    number = first.accepted();
    open.Add(number);
  }
  TcpPair second;
  ASSERT_EQ(second.accepted(), number);
  const Owner owner(number);
  second.Reset();
  ASSERT_TRUE(owner.HasEvent(60'000));
  open.WakeOwnersOfReset();
  EXPECT_FALSE(owner.HasEvent());
}

TEST(OpenSocketsTest, CountsANumberOnce) {
  auto first = Pair();
  OpenSockets open;
  open.Add(first[0].get());
  first[0].Close();
  const auto second = Pair();
  open.Add(second[0].get());
  EXPECT_EQ(open.count(), 1u);
}

}  // namespace
}  // namespace advae
