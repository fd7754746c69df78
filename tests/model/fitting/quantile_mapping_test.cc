#include "model/fitting/quantile_mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/testing/random_model.h"

namespace advae {
namespace {

using ::testing::DoubleEq;
using ::testing::Each;
using ::testing::ElementsAre;

TEST(MapQuantilesTest, ByHand) {
  // As many values as the target has: each rank takes the value of that rank.
  EXPECT_THAT(MapQuantiles(std::vector{3.0, 1.0, 2.0}, std::vector{10.0, 30.0, 20.0}),
              ElementsAre(30, 10, 20));
  // Quantiles 1/8, 3/8, 5/8, 7/8 of values whose own lie at 1/4 and 3/4.
  EXPECT_THAT(MapQuantiles(std::vector{1.0, 2.0, 3.0, 4.0}, std::vector{0.0, 8.0}),
              ElementsAre(0, 2, 6, 8));
  // Equal values share the middle of their quantiles, 1/4 and 3/4.
  EXPECT_THAT(MapQuantiles(std::vector{5.0, 5.0}, std::vector{0.0, 1.0, 4.0}), Each(DoubleEq(1)));
  EXPECT_THAT(MapQuantiles(std::vector{5.0, 7.0}, std::vector{3.0}), Each(DoubleEq(3)));
}

TEST(MapQuantilesTest, KeepsTheRanksAndTakesTheDistribution) {
  const auto sample = [](size_t count, uint64_t seed) {
    const std::vector<float> values = testing::RandomRows(count, 1, seed).values;
    return std::vector<double>(values.begin(), values.end());
  };
  const std::vector<double> values = sample(301, 1);
  std::vector<double> target = sample(100, 2);
  for (double& value : target) value = 100 + 5 * value;
  std::vector<double> mapped = MapQuantiles(values, target);
  for (size_t i = 1; i < values.size(); ++i) {
    if (values[i] < values[0]) {
      EXPECT_LE(mapped[i], mapped[0]);
    } else {
      EXPECT_GE(mapped[i], mapped[0]);
    }
  }
  std::ranges::sort(mapped);
  std::ranges::sort(target);
  EXPECT_EQ(mapped.front(), target.front());
  EXPECT_EQ(mapped.back(), target.back());
  for (size_t i = 0; i < 100; ++i) {  // quantile (i + 1/2) / 100, the middle one of three values
    EXPECT_NEAR(mapped[3 * i + 1], target[i], 0.02 * (target.back() - target.front()));
  }
}

}  // namespace
}  // namespace advae
