#include "model/table/survey/number_sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace advae {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

TEST(NumberSample, QuantilesOfFewNumbersAreExact) {
  NumberSample sample;
  sample.Add(3);
  EXPECT_THAT(sample.Quantiles({0, 0.5, 1}), ElementsAre(3, 3, 3));
  sample.Add(1);
  EXPECT_THAT(sample.Quantiles({0, 0.25, 0.5, 1}), ElementsAre(1, 1.5, 2, 3));
  for (const double value : {2, 5, 4}) sample.Add(value);
  EXPECT_EQ(sample.count(), 5);
  EXPECT_THAT(sample.Quantiles({0.05, 0.5, 0.95}), ElementsAre(1.2, 3, 4.8));
}

TEST(NumberSample, QuantilesOfHugeNumbersDoNotOverflow) {
  constexpr double kLargest = std::numeric_limits<double>::max();
  NumberSample sample;
  sample.Add(-kLargest);
  sample.Add(kLargest);
  EXPECT_THAT(sample.Quantiles({0.5}), ElementsAre(0));
}

TEST(NumberSample, ManyNumbersAreSampledEvenly) {
  NumberSample sample;
  constexpr size_t kCount = 10 * NumberSample::kSize;
  for (size_t i = 0; i < kCount; ++i) sample.Add(static_cast<double>(i) / kCount);
  EXPECT_EQ(sample.count(), kCount);
  // Five standard errors.
  EXPECT_THAT(
      sample.Quantiles({0.05, 0.5, 0.95}),
      ElementsAre(DoubleNear(0.05, 0.0043), DoubleNear(0.5, 0.0098), DoubleNear(0.95, 0.0043)));
}

}  // namespace
}  // namespace advae
