#include "model/fitting/usual_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "model/neighborhood/score_combination.h"
#include "model/scoring/scaler.h"
#include "tests/testing/random_model.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::RandomRows;
using testing::StatusIs;

std::vector<uint32_t> Usual(const Matrix& rows, const UsualRowsOptions& options) {
  auto usual = FindUsualRows(rows.view(), options);
  EXPECT_THAT(usual, IsOk());
  return *std::move(usual);
}

double Distance(const Matrix& rows, size_t a, size_t b) {
  double sum = 0;
  for (size_t j = 0; j < rows.columns; ++j) {
    sum += std::pow(static_cast<double>(rows.row(a)[j]) - rows.row(b)[j], 2);
  }
  return std::sqrt(sum);
}

// What FindUsualRows documents, for rows that are all compared with each other.
std::vector<uint32_t> UsualByBruteForce(const Matrix& raw, double contamination, size_t k) {
  const Matrix rows = MinMaxScaler::FitRobust(raw.view())->Transform(raw.view());
  const size_t count = rows.rows();
  std::vector<std::vector<size_t>> others(count);
  std::vector<double> distances(count);
  for (size_t i = 0; i < count; ++i) {
    for (size_t other = 0; other < count; ++other) {
      if (other != i) others[i].push_back(other);
    }
    std::ranges::sort(others[i], {}, [&](size_t other) { return Distance(rows, i, other); });
    for (size_t n = 0; n < k; ++n) {
      distances[i] += Distance(rows, i, others[i][n]) / static_cast<double>(k);
    }
  }
  const PartScale scale = PartScale::Fit(distances);
  std::vector<double> suspicions(count);
  for (size_t i = 0; i < count; ++i) {
    suspicions[i] = scale.Standardize(distances[i]) / 2;
    for (size_t n = 0; n < 10; ++n) {
      suspicions[i] += scale.Standardize(distances[others[i][n]]) / 20;
    }
  }
  std::vector<uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::sort(order, {}, [&](uint32_t row) { return suspicions[row]; });
  order.resize(count - CountOfLeftOutRows(count, contamination));
  std::ranges::sort(order);
  return order;
}

TEST(CountOfLeftOutRowsTest, IsThreeTimesTheContaminationWithinBounds) {
  EXPECT_EQ(CountOfLeftOutRows(1000, 0), 0);
  EXPECT_EQ(CountOfLeftOutRows(1000, 0.01), 30);
  EXPECT_EQ(CountOfLeftOutRows(1000, 0.05), 150);
  EXPECT_EQ(CountOfLeftOutRows(1000, 0.2), 500);
  EXPECT_EQ(CountOfLeftOutRows(1000, 0.499), 500);
  EXPECT_EQ(CountOfLeftOutRows(100, 0.001), 0);
  EXPECT_EQ(CountOfLeftOutRows(4, 0.4), 2);
  EXPECT_EQ(CountOfLeftOutRows(3, 0.4), 1);
  EXPECT_EQ(CountOfLeftOutRows(2, 0.4), 0);
  EXPECT_EQ(CountOfLeftOutRows(1, 0.4), 0);
  EXPECT_EQ(CountOfLeftOutRows(0, 0.4), 0);
}

TEST(UsualRowsTest, AgreesWithBruteForce) {
  for (const uint32_t seed : {1, 2, 3}) {
    const Matrix rows = RandomRows(150, 3, seed);
    EXPECT_EQ(Usual(rows, {.contamination = 0.05}), UsualByBruteForce(rows, 0.05, 20));
    EXPECT_EQ(Usual(rows, {.contamination = 0.1}), UsualByBruteForce(rows, 0.1, 30));
  }
}

// Each has 19 companions within its reach: a search for the nearest row would find nothing odd.
TEST(UsualRowsTest, AnomaliesThatLieTogetherAreLeftOut) {
  for (const size_t count : {380, 5000}) {
    Matrix rows = RandomRows(count, 4, 1);
    const Matrix together = RandomRows(count / 19, 4, 2, /*scale=*/0.01f);
    for (const float value : together.values) rows.values.push_back(value + 2.5f);
    const std::vector<uint32_t> usual = Usual(rows, {.contamination = 0.05});
    EXPECT_EQ(usual.size(), rows.rows() - CountOfLeftOutRows(rows.rows(), 0.05));
    EXPECT_TRUE(std::ranges::is_sorted(usual));
    EXPECT_LT(usual.back(), count);
  }
}

TEST(UsualRowsTest, OneAbsurdValueHidesNothing) {
  Matrix rows = RandomRows(200, 2, 1);
  rows.values[0] = -9999;
  rows.values[2] = 3;
  const std::vector<uint32_t> usual = Usual(rows, {.contamination = 0.01});
  ASSERT_EQ(usual.size(), 194);
  EXPECT_GT(usual.front(), 1u);
}

TEST(UsualRowsTest, WithoutContaminationAllRowsAreUsual) {
  const Matrix rows = RandomRows(30, 2, 1);
  std::vector<uint32_t> all(30);
  std::iota(all.begin(), all.end(), 0u);
  EXPECT_EQ(Usual(rows, {.contamination = 0}), all);
  EXPECT_EQ(Usual(rows, {.contamination = 0.001}), all);
}

TEST(UsualRowsTest, ThreadsChangeNothing) {
  const Matrix rows = RandomRows(3000, 3, 1);
  const std::vector<uint32_t> one = Usual(rows, {.contamination = 0.1, .threads = 1});
  EXPECT_EQ(Usual(rows, {.contamination = 0.1, .threads = 3}), one);
  EXPECT_EQ(one.size(), 2100);
}

TEST(UsualRowsTest, FewAndEqualRowsWillDo) {
  EXPECT_EQ(Usual(RandomRows(1, 2, 1), {.contamination = 0.4}).size(), 1);
  EXPECT_EQ(Usual(RandomRows(3, 2, 1), {.contamination = 0.4}).size(), 2);
  const Matrix equal{.values = std::vector<float>(200, 5), .columns = 2};
  EXPECT_EQ(Usual(equal, {.contamination = 0.1}).size(), 70);
  EXPECT_EQ(Usual(RandomRows(2500, 2, 1), {.contamination = 0.49}).size(), 1250);
}

TEST(UsualRowsTest, RefusesWhatItCannotRank) {
  const auto invalid = absl::StatusCode::kInvalidArgument;
  Matrix rows = RandomRows(20, 2, 1);
  EXPECT_THAT(FindUsualRows(rows.view(), {.contamination = 0.1, .threads = 0}),
              StatusIs(invalid, HasSubstr("1 thread, got 0")));
  rows.values[7] = NAN;
  EXPECT_THAT(FindUsualRows(rows.view(), {.contamination = 0.1}),
              StatusIs(invalid, HasSubstr("row 3, column 1")));
  EXPECT_THAT(FindUsualRows({.values = nullptr, .rows = 0, .columns = 2}, {.contamination = 0.1}),
              StatusIs(invalid, HasSubstr("at least one row")));
}

}  // namespace
}  // namespace advae
