#include "server/transport/connection_calls.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/transport/listening_socket.h"
#include "tests/testing/tcp_pair.h"

namespace advae {
namespace {

using testing::TcpPair;

// Of the end that was accepted, as gRPC has it.
std::string PeerOf(const TcpPair& pair) {
  return absl::StrCat("ipv4:", PeerAddress(pair.accepted()));
}

class ConnectionCallsTest : public ::testing::Test {
 protected:
  ConnectionCallsTest() {
    open_.Add(flooding_.accepted());
    open_.Add(other_.accepted());
  }

  double cut() { return metrics_.connections().cut.Value(); }

  const TcpPair flooding_;
  const TcpPair other_;
  OpenSockets open_;
  Metrics metrics_;
  ConnectionCalls calls_{{.connection = 3, .total = 5}, open_, metrics_.connections()};
};

TEST_F(ConnectionCallsTest, CutsAConnectionWithTooManyCallsOnce) {
  calls_.Begin(PeerOf(other_));
  for (int i = 0; i < 3; ++i) calls_.Begin(PeerOf(flooding_));
  EXPECT_FALSE(flooding_.IsOver());
  EXPECT_EQ(cut(), 0);
  for (int i = 0; i < 5; ++i) calls_.Begin(PeerOf(flooding_));
  EXPECT_TRUE(flooding_.Ends());
  EXPECT_FALSE(other_.IsOver());
  EXPECT_EQ(cut(), 1);
}

TEST_F(ConnectionCallsTest, CutsTheConnectionWithMostWhenAllHaveTooManyTogether) {
  const TcpPair third;
  open_.Add(third.accepted());
  for (int i = 0; i < 3; ++i) calls_.Begin(PeerOf(flooding_));
  calls_.Begin(PeerOf(other_));
  calls_.Begin(PeerOf(third));
  EXPECT_EQ(cut(), 0);
  calls_.Begin(PeerOf(other_));
  EXPECT_EQ(cut(), 1);
  EXPECT_TRUE(flooding_.Ends());
  // The calls of the one that was cut are about to end, and count no more.
  calls_.Begin(PeerOf(other_));
  calls_.Begin(PeerOf(third));
  EXPECT_EQ(cut(), 1);
  EXPECT_FALSE(other_.IsOver());
}

TEST_F(ConnectionCallsTest, CutsWhoComesAgainFromTheSamePortWhileOldCallsEnd) {
  const TcpPair next;
  // Of a connection that was closed by then.
  for (int i = 0; i < 4; ++i) calls_.Begin(PeerOf(next));
  EXPECT_EQ(cut(), 0);
  open_.Add(next.accepted());
  for (int i = 0; i < 2; ++i) calls_.Begin(PeerOf(next));
  EXPECT_TRUE(next.Ends());
  EXPECT_EQ(cut(), 1);
}

TEST_F(ConnectionCallsTest, CountsOnlyCallsThatHaveNotEnded) {
  for (int i = 0; i < 10; ++i) {
    std::vector<ConnectionCalls::Call> calls;
    for (int j = 0; j < 3; ++j) calls.push_back(calls_.Begin(PeerOf(flooding_)));
    for (const ConnectionCalls::Call call : calls) calls_.End(call);
  }
  EXPECT_FALSE(flooding_.IsOver());
  EXPECT_EQ(cut(), 0);
}

TEST(ConnectionCallsPeerTest, CutsAConnectionOverIpv6) {
  auto listening = Listen("[::1]:0");
  if (!listening.ok()) GTEST_SKIP() << "no IPv6 here";
  const auto connected = Connect(listening->own_address, absl::Seconds(5), [](const auto&) {});
  ASSERT_TRUE(connected.ok()) << connected.status();
  const FileDescriptor accepted(
      accept4(listening->sockets[0].get(), nullptr, nullptr, SOCK_CLOEXEC));
  OpenSockets open;
  open.Add(accepted.get());
  Metrics metrics;
  ConnectionCalls calls({.connection = 1, .total = 10}, open, metrics.connections());
  const std::string address = PeerAddress(accepted.get());
  const std::string port = address.substr(address.rfind(':'));
  for (int i = 0; i < 2; ++i) calls.Begin(absl::StrCat("ipv6:%5B::1%5D", port));
  EXPECT_EQ(metrics.connections().cut.Value(), 1);
}

}  // namespace
}  // namespace advae
