#include "model/data/utf8.h"

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

}  // namespace
}  // namespace advae
