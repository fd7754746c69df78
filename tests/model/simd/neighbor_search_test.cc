#include "model/simd/neighbor_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "model/simd/instruction_set.h"

namespace advae {
namespace {

std::vector<float> RandomValues(size_t count, uint32_t seed, int distinct = 1 << 20) {
  std::mt19937 random(seed);
  std::vector<float> values(count);
  for (float& value : values) {
    value = static_cast<float>(random() % static_cast<uint32_t>(distinct)) /
            static_cast<float>(distinct);
  }
  return values;
}

// In doubles, one pair of rows after the other; over the columns that both have.
std::vector<Neighbor> BruteForce(const std::vector<float>& rows, const float* query, size_t columns,
                                 size_t k, uint32_t excluded) {
  std::vector<std::pair<double, uint32_t>> all;
  for (uint32_t i = 0; i < rows.size() / columns; ++i) {
    if (i == excluded) continue;
    double sum = 0;
    double shared = 0;
    for (size_t j = 0; j < columns; ++j) {
      const double difference = static_cast<double>(query[j]) - rows[i * columns + j];
      if (std::isnan(difference)) continue;
      sum += difference * difference;
      ++shared;
    }
    const double all_columns = static_cast<double>(columns);
    all.emplace_back(shared > 0 ? sum * all_columns / shared : NeighborSearch::kNothingShared, i);
  }
  std::ranges::sort(all);
  std::vector<Neighbor> nearest;
  for (size_t i = 0; i < k; ++i) {
    const auto& [distance, row] = all[std::min(i, all.size() - 1)];
    nearest.push_back({.row = row, .squared_distance = static_cast<float>(distance)});
  }
  return nearest;
}

std::vector<Neighbor> Find(const NeighborSearch& search, const NeighborQueries& queries, size_t k) {
  std::vector<Neighbor> neighbors(queries.count * k);
  NeighborSearchMemory memory;
  EXPECT_TRUE(search.Find(queries, k, neighbors.data(), memory, nullptr));
  return neighbors;
}

std::vector<uint32_t> RowsOf(const std::vector<Neighbor>& neighbors) {
  std::vector<uint32_t> rows;
  for (const Neighbor& neighbor : neighbors) rows.push_back(neighbor.row);
  return rows;
}

class NeighborSearchTest : public ::testing::TestWithParam<InstructionSet> {
 protected:
  static std::unique_ptr<const NeighborSearch> Create(const std::vector<float>& rows,
                                                      size_t columns) {
    return NeighborSearch::Create(rows.data(), rows.size() / columns, columns, GetParam());
  }
};

TEST_P(NeighborSearchTest, FindsWhatBruteForceFinds) {
  for (const auto& [count, columns, queries, k] :
       std::vector<std::tuple<size_t, size_t, size_t, size_t>>{{1, 1, 1, 1},
                                                               {7, 3, 5, 2},
                                                               {64, 8, 4, 5},
                                                               {65, 5, 9, 20},
                                                               {1000, 32, 33, 20},
                                                               {333, 70, 6, 64},
                                                               {3000, 4, 9, 30}}) {
    const std::vector<float> rows = RandomValues(count * columns, 1);
    const std::vector<float> values = RandomValues(queries * columns, 2);
    const std::vector<Neighbor> found =
        Find(*Create(rows, columns), {.values = values.data(), .count = queries}, k);
    for (size_t i = 0; i < queries; ++i) {
      const std::vector<Neighbor> expected =
          BruteForce(rows, values.data() + i * columns, columns, k, UINT32_MAX);
      for (size_t n = 0; n < k; ++n) {
        const Neighbor& actual = found[i * k + n];
        EXPECT_EQ(actual.row, expected[n].row) << count << " rows, query " << i << ", " << n;
        EXPECT_NEAR(actual.squared_distance, expected[n].squared_distance,
                    2e-6 * expected[n].squared_distance);
      }
    }
  }
}

// Every third value is missing, of the rows, the queries, or both.
TEST_P(NeighborSearchTest, ComparesTheColumnsThatBothRowsHave) {
  for (const auto& [rows_miss, queries_miss] :
       std::vector<std::pair<bool, bool>>{{true, false}, {false, true}, {true, true}}) {
    const auto values = [](size_t count, uint32_t seed, bool miss) {
      std::vector<float> some = RandomValues(count, seed);
      std::mt19937 random(seed + 7);
      for (float& value : some) {
        if (miss && random() % 3 == 0) value = std::nanf("");
      }
      return some;
    };
    for (const auto& [count, columns, k] :
         std::vector<std::tuple<size_t, size_t, size_t>>{{40, 3, 5}, {333, 17, 20}}) {
      const std::vector<float> rows = values(count * columns, 1, rows_miss);
      const std::vector<float> queries = values(9 * columns, 2, queries_miss);
      const std::vector<Neighbor> found =
          Find(*Create(rows, columns), {.values = queries.data(), .count = 9}, k);
      for (size_t i = 0; i < 9; ++i) {
        const std::vector<Neighbor> expected =
            BruteForce(rows, queries.data() + i * columns, columns, k, UINT32_MAX);
        for (size_t n = 0; n < k; ++n) {
          EXPECT_EQ(found[i * k + n].row, expected[n].row);
          EXPECT_FLOAT_EQ(found[i * k + n].squared_distance, expected[n].squared_distance);
        }
      }
    }
  }
}

TEST_P(NeighborSearchTest, AQueryWithoutValuesFindsRowsAtTheLargestDistance) {
  const std::vector<float> rows = {1, 2, 3, 4, 5, 6};
  const std::vector<float> query(2, std::nanf(""));
  constexpr float kFar = NeighborSearch::kNothingShared;
  EXPECT_EQ(Find(*Create(rows, 2), {.values = query.data(), .count = 1}, 4),
            (std::vector<Neighbor>{{0, kFar}, {1, kFar}, {2, kFar}, {2, kFar}}));
}

// Whatever a query has next to it.
TEST_P(NeighborSearchTest, MissingValuesOfOthersChangeNoBit) {
  const std::vector<float> rows = RandomValues(200 * 6, 1);
  std::vector<float> queries = RandomValues(4 * 6, 2);
  const auto search = Create(rows, 6);
  const std::vector<Neighbor> alone = Find(*search, {.values = queries.data(), .count = 3}, 5);
  queries[3 * 6] = std::nanf("");
  std::vector<Neighbor> beside = Find(*search, {.values = queries.data(), .count = 4}, 5);
  beside.resize(alone.size());
  EXPECT_EQ(alone, beside);
}

TEST_P(NeighborSearchTest, OrdersTiesByTheirIndex) {
  // Of a few distinct values, so that most distances are shared, and small integers, so that sums
  // are exact whatever their order.
  std::vector<float> rows = RandomValues(5000 * 3, 1, 3);
  std::vector<float> queries = RandomValues(20 * 3, 2, 3);
  for (float& value : rows) value = std::round(value * 3);
  for (float& value : queries) value = std::round(value * 3);
  const std::vector<Neighbor> found =
      Find(*Create(rows, 3), {.values = queries.data(), .count = 20}, 30);
  for (size_t i = 0; i < 20; ++i) {
    const std::vector<Neighbor> nearest(found.begin() + i * 30, found.begin() + (i + 1) * 30);
    EXPECT_EQ(nearest, BruteForce(rows, queries.data() + i * 3, 3, 30, UINT32_MAX));
  }
}

TEST_P(NeighborSearchTest, DuplicatesCountEach) {
  const std::vector<float> rows = {5, 1, 1, 1, 9};
  const float query = 1;
  EXPECT_THAT(RowsOf(Find(*Create(rows, 1), {.values = &query, .count = 1}, 4)),
              ::testing::ElementsAre(1, 2, 3, 0));
}

TEST_P(NeighborSearchTest, RepeatsTheLastRowWhenThereAreTooFew) {
  const std::vector<float> rows = {3, 1};
  const float query = 0;
  EXPECT_EQ(Find(*Create(rows, 1), {.values = &query, .count = 1}, 4),
            (std::vector<Neighbor>{{1, 1}, {0, 9}, {0, 9}, {0, 9}}));
}

TEST_P(NeighborSearchTest, LeavesOutTheExcludedRow) {
  const std::vector<float> rows = RandomValues(200 * 4, 1);
  std::vector<uint32_t> excluded(200);
  for (uint32_t i = 0; i < 200; ++i) excluded[i] = i;
  const std::vector<Neighbor> found =
      Find(*Create(rows, 4), {.values = rows.data(), .count = 200, .excluded = excluded}, 3);
  for (uint32_t i = 0; i < 200; ++i) {
    const std::vector<Neighbor> expected = BruteForce(rows, rows.data() + i * 4, 4, 3, i);
    for (size_t n = 0; n < 3; ++n) EXPECT_EQ(found[i * 3 + n].row, expected[n].row) << i;
  }
}

TEST_P(NeighborSearchTest, KeepsTheDigitsOfSmallDistancesFarFromTheOrigin) {
  // x^2 - 2 x y + y^2 would have none left in float.
  const std::vector<float> rows = {4096.25f, 4096.5f, 4097};
  const float query = 4096;
  EXPECT_EQ(Find(*Create(rows, 1), {.values = &query, .count = 1}, 3),
            (std::vector<Neighbor>{{0, 0.0625f}, {1, 0.25f}, {2, 1}}));
}

TEST_P(NeighborSearchTest, StaysFiniteAtTheLargestMagnitude) {
  const std::vector<float> rows(64, -NeighborSearch::kMaxMagnitude);
  const std::vector<float> query(32, NeighborSearch::kMaxMagnitude);
  const std::vector<Neighbor> found =
      Find(*Create(rows, 32), {.values = query.data(), .count = 1}, 2);
  EXPECT_EQ(RowsOf(found), (std::vector<uint32_t>{0, 1}));
  EXPECT_TRUE(std::isfinite(found[0].squared_distance));
}

TEST_P(NeighborSearchTest, SameBitsInEveryBatch) {
  const std::vector<float> rows = RandomValues(3000 * 33, 1);
  const std::vector<float> queries = RandomValues(13 * 33, 2);
  const auto search = Create(rows, 33);
  const std::vector<Neighbor> together = Find(*search, {.values = queries.data(), .count = 13}, 20);
  for (const size_t batch : {1, 2, 3, 5}) {
    std::vector<Neighbor> apart;
    for (size_t i = 0; i < 13; i += batch) {
      const size_t count = std::min<size_t>(batch, 13 - i);
      const std::vector<Neighbor> part =
          Find(*search, {.values = queries.data() + i * 33, .count = count}, 20);
      apart.insert(apart.end(), part.begin(), part.end());
    }
    EXPECT_EQ(apart, together) << batch;
  }
}

TEST_P(NeighborSearchTest, StopsWhenAsked) {
  const std::vector<float> rows = RandomValues(40'000 * 16, 1);
  const auto search = Create(rows, 16);
  Neighbor neighbor;
  NeighborSearchMemory memory;
  size_t asked = 0;
  size_t multiply_adds = 0;
  const NeighborQueries query{.values = rows.data(), .count = 1};
  EXPECT_TRUE(search->Find(query, 1, &neighbor, memory, [&](size_t done) {
    ++asked;
    multiply_adds += done;
    return false;
  }));
  EXPECT_GT(asked, 1u);
  EXPECT_GE(multiply_adds, 40'000u * 16);
  EXPECT_FALSE(search->Find(query, 1, &neighbor, memory, [](size_t) { return true; }));
}

INSTANTIATE_TEST_SUITE_P(Sets, NeighborSearchTest, ::testing::ValuesIn(SupportedInstructionSets()),
                         [](const auto& info) {
                           return std::string(InstructionSetName(info.param));
                         });

}  // namespace
}  // namespace advae
