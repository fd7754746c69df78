#include "client/cli/scored_rows.h"

#include <algorithm>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<size_t> Indices(const std::vector<ScoredRow>& rows) {
  std::vector<size_t> indices;
  for (const ScoredRow& row : rows) indices.push_back(row.index);
  return indices;
}

// The rows 0 to 4 with the values 0 to 4.
SentRows FiveRows() {
  SentRows rows;
  for (const size_t i : {0, 1, 2, 3, 4}) {
    rows.row_numbers.push_back(i);
    rows.matrix.values.push_back(static_cast<float>(i));
  }
  rows.matrix.columns = 1;
  return rows;
}
const SentRows kSent = FiveRows();

TEST(NotableRows, KeepsTheHighestRanksAndTheirValues) {
  NotableRows notable(2, [](const ScoredRow& row) { return row.score; });
  EXPECT_THAT(notable.Sorted(), IsEmpty());
  for (const size_t i : {0, 1, 2, 3}) {
    notable.Offer({.index = i, .score = i == 1 ? 9.0 : static_cast<double>(i)}, kSent, i);
  }
  const std::vector<ScoredRow> rows = notable.Sorted();
  EXPECT_THAT(Indices(rows), ElementsAre(1, 3));
  EXPECT_THAT(rows[0].sent.matrix.values, ElementsAre(1));
  EXPECT_THAT(rows[1].sent.matrix.values, ElementsAre(3));
}

TEST(NotableRows, PrefersTheFirstOfEqualRows) {
  NotableRows notable(2, [](const ScoredRow& row) { return row.score; });
  for (const size_t i : {0, 1, 2, 3}) notable.Offer({.index = i, .score = 1}, kSent, i);
  EXPECT_THAT(Indices(notable.Sorted()), ElementsAre(0, 1));
}

TEST(NotableRows, LeavesOutRowsWithoutARank) {
  NotableRows notable(9, [](const ScoredRow& row) {
    return row.is_anomaly ? std::optional(-row.score) : std::nullopt;
  });
  for (const size_t i : {0, 1, 2, 3, 4}) {
    notable.Offer({.index = i, .score = static_cast<double>(i), .is_anomaly = i % 2 == 0}, kSent,
                  i);
  }
  EXPECT_THAT(Indices(notable.Sorted()), ElementsAre(0, 2, 4));
}

TEST(NotableRows, AgreesWithSortingAll) {
  std::mt19937 random(5);
  std::vector<ScoredRow> all;
  NotableRows notable(20, [](const ScoredRow& row) { return row.score; });
  for (size_t i = 0; i < 1000; ++i) {
    all.push_back({.index = i, .score = static_cast<double>(random() % 100)});
    notable.Offer(all.back(), kSent, i % 4);
  }
  std::ranges::stable_sort(all, std::greater<>(), &ScoredRow::score);
  all.resize(20);
  EXPECT_EQ(Indices(notable.Sorted()), Indices(all));
}

}  // namespace
}  // namespace advae
