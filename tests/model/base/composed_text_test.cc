#include "model/base/composed_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace advae {
namespace {

TEST(Composed, MakesOneCharacterOfALetterAndItsMarks) {
  EXPECT_EQ(Composed("Gro\u0308\u00dfe [\u00b0C]"), "Gr\u00f6\u00dfe [\u00b0C]");
  EXPECT_EQ(Composed("A\u030a"), "\u00c5");
  EXPECT_EQ(Composed("e\u0302\u0301"), "\u1ebf");  // Vietnamese
  EXPECT_EQ(Composed("\u0438\u0306"), "\u0439");   // Cyrillic
  EXPECT_EQ(Composed("\u03b1\u0301"), "\u03ac");   // Greek
  EXPECT_EQ(Composed("\u304b\u3099"), "\u304c");   // Japanese
  EXPECT_EQ(Composed("o\u0308o\u0308x\u0308"), "\u00f6\u00f6\u1e8d");
}

TEST(Composed, LeavesEverythingElseAsItIs) {
  for (const char* const text : {"", "flow", "Gr\u00f6\u00dfe", "\u0308", "=\u0338", "q\u0308",
                                 "\u6e29\u5ea6", "\xff\xcc", "o\xcc"}) {
    EXPECT_EQ(Composed(text), text);
    EXPECT_EQ(Composed(Composed(text)), Composed(text));
  }
}

}  // namespace
}  // namespace advae
