#include "model/table/truth_value.h"

#include "gtest/gtest.h"

namespace advae {
namespace {

TEST(ParseTruth, KnowsPairsAndDigits) {
  for (const char* const cell : {"true", "Yes", " T ", "y", "1"}) EXPECT_EQ(ParseTruth(cell), true);
  for (const char* const cell : {"FALSE", "no", "f", "N", "0"}) EXPECT_EQ(ParseTruth(cell), false);
  for (const char* const cell : {"", "2", "on", "1.0", "truee"}) EXPECT_FALSE(ParseTruth(cell));
}

}  // namespace
}  // namespace advae
