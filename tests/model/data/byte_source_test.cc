#include "model/data/byte_source.h"

#include <array>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/block_buffer.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::BlockBuffer;
using ::advae::testing::FailingBuffer;
using ::advae::testing::StatusIs;
using ::testing::HasSubstr;

std::string ReadOnce(ByteSource& source, size_t room) {
  std::string text(room, '\0');
  text.resize(source.Read(text).value_or(0));
  return text;
}

TEST(StreamSource, TakesWhatHasArrived) {
  BlockBuffer buffer("abcdefg", 3);
  std::istream input(&buffer);
  StreamSource source(input);
  EXPECT_EQ(ReadOnce(source, 100), "abc");
  EXPECT_EQ(ReadOnce(source, 2), "de");
  EXPECT_TRUE(source.IsReady());
  EXPECT_EQ(ReadOnce(source, 100), "f");
  EXPECT_FALSE(source.IsReady());  // the buffer does not tell
  EXPECT_EQ(ReadOnce(source, 100), "g");
  EXPECT_EQ(ReadOnce(source, 100), "");
  EXPECT_TRUE(source.IsReady());
}

TEST(StreamSource, ReportsAFailure) {
  FailingBuffer buffer("ab", 2);
  std::istream input(&buffer);
  StreamSource source(input);
  EXPECT_EQ(ReadOnce(source, 100), "ab");
  std::array<char, 8> room;
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(source.Read(room),
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr("cannot be read")));
  }
}

TEST(PeekedSource, GivesWhatWasLookedAt) {
  BlockBuffer buffer("abcdefg", 3);
  std::istream input(&buffer);
  PeekedSource source(std::make_unique<StreamSource>(input));
  EXPECT_EQ(source.peeked(), "");
  EXPECT_TRUE(source.Extend().value_or(false));
  EXPECT_EQ(source.peeked(), "abc");
  source.Skip(1);
  EXPECT_EQ(source.peeked(), "bc");
  EXPECT_TRUE(source.Extend().value_or(false));
  EXPECT_EQ(source.peeked(), "bcdef");
  EXPECT_TRUE(source.IsReady());
  EXPECT_EQ(ReadOnce(source, 2), "bc");
  EXPECT_EQ(ReadOnce(source, 100), "def");
  EXPECT_EQ(ReadOnce(source, 100), "g");
  EXPECT_FALSE(source.Extend().value_or(true));
  EXPECT_EQ(ReadOnce(source, 100), "");
}

}  // namespace
}  // namespace advae
