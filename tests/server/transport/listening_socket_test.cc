#include "server/transport/listening_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/testing/loopback_socket.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using testing::LoopbackSocket;

TEST(ListenTest, TakesAFreePortOfOneAddress) {
  ASSERT_OK_AND_ASSIGN(const ListeningSockets listening, Listen("127.0.0.1:0"));
  EXPECT_NE(listening.port, 0);
  EXPECT_EQ(listening.own_address, absl::StrCat("127.0.0.1:", listening.port));
  EXPECT_TRUE(LoopbackSocket(listening.own_address).connected());
}

TEST(ListenTest, ListensAtAllAddressesForEitherWildcard) {
  for (const char* address : {"0.0.0.0:0", "[::]:0"}) {
    ASSERT_OK_AND_ASSIGN(const ListeningSockets listening, Listen(address));
    EXPECT_TRUE(LoopbackSocket(absl::StrCat("127.0.0.1:", listening.port)).connected()) << address;
    EXPECT_THAT(listening.own_address,
                ::testing::AnyOf(absl::StrCat("[::1]:", listening.port),
                                 absl::StrCat("127.0.0.1:", listening.port)));
  }
}

TEST(ListenTest, ListensAtAllAddressesOfAName) {
  ASSERT_OK_AND_ASSIGN(const ListeningSockets listening, Listen("localhost:0"));
  EXPECT_TRUE(LoopbackSocket(absl::StrCat("127.0.0.1:", listening.port)).connected());
}

TEST(ListenTest, RefusesATakenPortAndAForeignAddress) {
  ASSERT_OK_AND_ASSIGN(const ListeningSockets first, Listen("127.0.0.1:0"));
  EXPECT_EQ(Listen(first.own_address).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Listen("192.0.2.1:0").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Listen("host.invalid:0").status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace advae
