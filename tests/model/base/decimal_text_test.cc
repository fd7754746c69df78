#include "model/base/decimal_text.h"

#include <limits>

#include "gtest/gtest.h"

namespace advae {
namespace {

TEST(DecimalText, ShortestThatReadsBack) {
  EXPECT_EQ(DecimalText(0.1), "0.1");
  EXPECT_EQ(DecimalText(0.1F), "0.1");
  EXPECT_EQ(DecimalText(-2.5), "-2.5");
  EXPECT_EQ(DecimalText(1.0 / 3), "0.3333333333333333");
  EXPECT_EQ(DecimalText(1e-7), "1e-07");
}

TEST(DecimalText, WholeNumbersInFull) {
  EXPECT_EQ(DecimalText(0.0), "0");
  EXPECT_EQ(DecimalText(-0.0), "0");
  EXPECT_EQ(DecimalText(100'000.0), "100000");
  EXPECT_EQ(DecimalText(100'000.0F), "100000");
  EXPECT_EQ(DecimalText(-999'999'999'999'999.0), "-999999999999999");
  EXPECT_EQ(DecimalText(1e15), "1e+15");
}

TEST(DecimalText, OutsideOfFiniteNumbers) {
  EXPECT_EQ(DecimalText(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(DecimalText(-std::numeric_limits<float>::infinity()), "-inf");
}

}  // namespace
}  // namespace advae
