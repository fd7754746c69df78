#include "server/transport/open_sockets.h"

#include <gtest/gtest.h>
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
