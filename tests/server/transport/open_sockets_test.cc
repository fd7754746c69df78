#include "server/transport/open_sockets.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>

#include "model/base/file_descriptor.h"

namespace advae {
namespace {

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
