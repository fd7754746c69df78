#include "model/base/utf8.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace advae {
namespace {

TEST(IsUtf8, AcceptsWellFormedText) {
  for (const char* const text :
       {"", "abc", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF",
        "Temperatur \xC2\xB0"
        "C"}) {
    EXPECT_TRUE(IsUtf8(text)) << text;
  }
}

TEST(IsUtf8, RefusesEverythingElse) {
  for (const char* const text : {
           "\x80",              // continuation without a lead
           "\xC3",              // truncated
           "\xE2\x82",          // truncated
           "\xC3(",             // lead without its continuation
           "\xC0\xAF",          // overlong
           "\xE0\x80\xAF",      // overlong
           "\xF0\x80\x80\xAF",  // overlong
           "\xED\xA0\x80",      // surrogate
           "\xF4\x90\x80\x80",  // beyond U+10FFFF
           "\xF8\x88\x80\x80\x80", "\xFF",
           "Temperatur \xB0"
           "C",  // Latin-1
       }) {
    EXPECT_FALSE(IsUtf8(text)) << text;
  }
}

TEST(Utf8PrefixTest, CutsBetweenCharacters) {
  EXPECT_EQ(Utf8Prefix("abc", 3), "abc");
  EXPECT_EQ(Utf8Prefix("abc", 2), "ab");
  EXPECT_EQ(Utf8Prefix("a\xE6\xB8\xA9", 4), "a\xE6\xB8\xA9");
  EXPECT_EQ(Utf8Prefix("a\xE6\xB8\xA9", 3), "a");
  EXPECT_EQ(Utf8Prefix("a\xE6\xB8\xA9", 2), "a");
  EXPECT_EQ(Utf8Prefix("\x80\x80\x80\x80\x80\x80", 5), "\x80\x80\x80\x80\x80");
  EXPECT_EQ(Utf8Prefix("a", 0), "");
}

TEST(Utf8OfTest, ReadsWhatIsNotUtf8AsWindows1252) {
  EXPECT_EQ(Utf8Of("25 \xb0, \xdc, \x80"), "25 \u00b0, \u00dc, \u20ac");
  EXPECT_EQ(Utf8Of("\u00fc\xfc"), "\u00c3\u00bc\u00fc");  // one byte that is not UTF-8 is enough
  EXPECT_EQ(Utf8Of("\u00fc"), "\u00fc");
  EXPECT_EQ(Utf8Of(""), "");
}

TEST(Utf8OfTest, MakesEachByteAnotherCharacter) {
  std::set<std::string> texts;
  for (int byte = 1; byte < 256; ++byte) {
    const std::string text = Utf8Of(std::string(1, static_cast<char>(byte)));
    EXPECT_TRUE(IsUtf8(text)) << byte;
    texts.insert(text);
  }
  EXPECT_EQ(texts.size(), 255);
}

TEST(EscapeTextTest, KeepsWhatIsReadable) {
  for (const char* const text : {"", "pump 1", "Temperatur \xC2\xB0", "\xE6\xB8\xA9\xE5\xBA\xA6",
                                 "\xF0\x9F\x98\x80", "it's"}) {
    EXPECT_EQ(EscapeText(text), text);
  }
}

TEST(EscapeTextTest, EscapesWhatIsNotText) {
  EXPECT_EQ(EscapeText("a\nb\r\t"), "a\\nb\\r\\t");
  EXPECT_EQ(EscapeText("\"\\"), "\\\"\\\\");
  EXPECT_EQ(EscapeText(std::string_view("\0\x1b\x7f", 3)), "\\x00\\x1b\\x7f");
  EXPECT_EQ(EscapeText("\xC2\x9B"), "\\xc2\\x9b");           // C1: begins a terminal's command
  EXPECT_EQ(EscapeText("\xE2\x80\xA8"), "\\xe2\\x80\\xa8");  // line separator
  EXPECT_EQ(EscapeText("\xE2\x80\xAE"), "\\xe2\\x80\\xae");  // writes from right to left
  EXPECT_EQ(EscapeText("\xB0\xC3\xBC\xE2\x82"), "\\xb0\xC3\xBC\\xe2\\x82");
}

}  // namespace
}  // namespace advae
