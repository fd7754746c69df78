#include "model/data/utf16_source.h"

#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/block_buffer.h"
#include "tests/testing/byte_sources.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/utf16.h"

namespace advae {
namespace {

using ::advae::testing::BlockBuffer;
using ::advae::testing::ReadAll;
using ::advae::testing::StatusIs;
using ::advae::testing::Utf16;
using ::testing::HasSubstr;

absl::StatusOr<std::string> Decode(const std::string& data, std::endian order, size_t block) {
  BlockBuffer buffer(data, block);
  std::istream input(&buffer);
  Utf16Source source(std::make_unique<StreamSource>(input), order);
  return ReadAll(source, block);
}

TEST(Utf16Source, GivesUtf8) {
  const std::u16string text = u"a\u007F\u0080\u07FF\u0800\uFFFD\U00010000\U0010FFFF z";
  for (const std::endian order : {std::endian::little, std::endian::big}) {
    for (const size_t block : {1, 2, 3, 1000}) {
      ASSERT_OK_AND_ASSIGN(const std::string found, Decode(Utf16(text, order), order, block));
      EXPECT_EQ(found, "a\u007F\u0080\u07FF\u0800\uFFFD\U00010000\U0010FFFF z");
    }
  }
}

TEST(Utf16Source, DropsTheByteOrderMarkAtTheStartAlone) {
  ASSERT_OK_AND_ASSIGN(const std::string found,
                       Decode(Utf16(u"\uFEFFa\uFEFF", std::endian::big), std::endian::big, 1000));
  EXPECT_EQ(found, "a\uFEFF");
}

TEST(Utf16Source, ReplacesLoneSurrogates) {
  const std::u16string text = {u'a', 0xD800, u'b', 0xDC00, 0xD801, 0xD802, 0xDC02};
  ASSERT_OK_AND_ASSIGN(const std::string found,
                       Decode(Utf16(text, std::endian::little), std::endian::little, 3));
  EXPECT_EQ(found, "a\uFFFDb\uFFFD\uFFFD\U00010802");
}

TEST(Utf16Source, RefusesHalfACharacter) {
  for (const std::u16string& text : {std::u16string(u"a"), std::u16string({u'a', 0xD800})}) {
    std::string data = Utf16(text, std::endian::little);
    if (text.size() == 1) data.pop_back();
    EXPECT_THAT(Decode(data, std::endian::little, 1000),
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr("within a character of UTF-16")));
  }
}

TEST(Utf16Order, IsToldByTheFirstBytes) {
  EXPECT_EQ(Utf16Order("\xFF\xFE"), std::endian::little);
  EXPECT_EQ(Utf16Order("\xFE\xFF"), std::endian::big);
  EXPECT_EQ(Utf16Order(Utf16(u"a,", std::endian::little)), std::endian::little);
  EXPECT_EQ(Utf16Order(Utf16(u"a,", std::endian::big)), std::endian::big);
  for (const std::string& text : {std::string(), std::string("a"), std::string("a,b\n"),
                                  std::string("a\0b,", 4), std::string(4, '\0')}) {
    EXPECT_FALSE(Utf16Order(text));
  }
}

}  // namespace
}  // namespace advae
