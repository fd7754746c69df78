#include "model/table/cell_text.h"

#include <gtest/gtest.h>

#include "tests/testing/status_matchers.h"
#include "tests/testing/tables.h"

namespace advae {
namespace {

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
