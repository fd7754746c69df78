#include "model/fitting/row_tiles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <new>
#include <vector>

namespace advae {
namespace {

TEST(RowTilesTest, EachRowIsInOneTile) {
  for (const size_t rows : {size_t{0}, size_t{1}, kTileRows, 5 * kTileRows + 3}) {
    for (const int threads : {1, 2, 9}) {
      std::vector<int> visits(rows);  // each written by one thread
      ForTiles(rows, threads, [&](size_t first, size_t count) {
        EXPECT_LE(count, kTileRows);
        for (size_t i = 0; i < count; ++i) ++visits[first + i];
      });
      EXPECT_EQ(std::ranges::count(visits, 1), static_cast<std::ptrdiff_t>(rows));
    }
  }
}

TEST(RowTilesTest, ThrowsWhatATileThrows) {
  const auto work = [](size_t first, size_t) {
    if (first >= kTileRows) throw std::bad_alloc();
  };
  EXPECT_THROW(ForTiles(3 * kTileRows, 2, work), std::bad_alloc);
  EXPECT_NO_THROW(ForTiles(kTileRows, 2, work));
}

}  // namespace
}  // namespace advae
