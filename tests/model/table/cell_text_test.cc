#include "model/table/cell_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/testing/status_matchers.h"
#include "tests/testing/tables.h"

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

TEST(CategoryText, OfEachType) {
  const v1::Table table = testing::TableBuilder()
                              .Strings("s", {"x", ""})
                              .Bools("b", {true, false})
                              .Floats("f", {0.1F, 7})
                              .Doubles("d", {0.1, 7});
  ASSERT_OK_AND_ASSIGN(const TableView view, TableView::Create(table, 10));
  const std::vector<ColumnView>& columns = view.columns();
  EXPECT_EQ(CategoryText(columns[0], 0), "x");
  EXPECT_EQ(CategoryText(columns[0], 1), "");
  EXPECT_EQ(CategoryText(columns[1], 0), "true");
  EXPECT_EQ(CategoryText(columns[1], 1), "false");
  for (const size_t j : {2U, 3U}) {
    EXPECT_EQ(CategoryText(columns[j], 0), "0.1");
    EXPECT_EQ(CategoryText(columns[j], 1), "7");
  }
}

}  // namespace
}  // namespace advae
