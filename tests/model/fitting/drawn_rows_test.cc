#include "model/fitting/drawn_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(DrawRowsTest, TakesAllWhenThereAreNoMore) {
  EXPECT_THAT(DrawRows(3, 3, 1), ElementsAre(0, 1, 2));
  EXPECT_THAT(DrawRows(3, 9, 1), ElementsAre(0, 1, 2));
  EXPECT_THAT(DrawRows(0, 2, 1), IsEmpty());
  EXPECT_THAT(DrawRows(3, 0, 1), IsEmpty());
}

TEST(DrawRowsTest, TakesEachRowAsOften) {
  std::vector<int> taken(10);
  for (uint64_t seed = 0; seed < 4000; ++seed) {
    const std::vector<uint32_t> drawn = DrawRows(10, 4, seed);
    ASSERT_EQ(drawn.size(), 4);
    ASSERT_TRUE(std::ranges::is_sorted(drawn));
    ASSERT_TRUE(std::ranges::adjacent_find(drawn) == drawn.end());
    for (const uint32_t row : drawn) ++taken[row];
  }
  // 1600 expected, with a standard deviation of 31.
  for (const int count : taken) EXPECT_NEAR(count, 1600, 160);
}

TEST(CopyRowsTest, CopiesInTheOrderOfTheIndices) {
  const Matrix rows{.values = {1, 2, 3, 4, 5, 6}, .columns = 2};
  const std::vector<uint32_t> indices = {2, 0};
  const Matrix copies = CopyRows(rows.view(), indices);
  EXPECT_THAT(copies.values, ElementsAre(5, 6, 1, 2));
  EXPECT_EQ(copies.columns, 2);
}

}  // namespace
}  // namespace advae
