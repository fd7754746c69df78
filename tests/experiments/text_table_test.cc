#include "experiments/text_table.h"

#include <gtest/gtest.h>

namespace advae {
namespace {

ReportTable Table() {
  return {.columns = {"set", "A", "LONGER", "C"},
          .rows = {{"letter", "0.5", "0.25", "1"}, {"é", "-", "1", "0.125"}}};
}

TEST(ToTextTest, AlignsColumns) {
  EXPECT_EQ(ToText(Table(), 80),
            "set       A  LONGER      C\n"
            "letter  0.5    0.25      1\n"
            "é         -       1  0.125\n");
}

TEST(ToTextTest, DividesColumnsThatDoNotFit) {
  EXPECT_EQ(ToText(Table(), 19),
            "set       A  LONGER\n"
            "letter  0.5    0.25\n"
            "é         -       1\n"
            "\n"
            "set         C\n"
            "letter      1\n"
            "é       0.125\n");
}

TEST(ToTextTest, HasOneColumnWhereNoneFits) {
  EXPECT_EQ(ToText({.columns = {"set", "A", "B"}, .rows = {}}, 1), "set  A\n\nset  B\n");
}

}  // namespace
}  // namespace advae
