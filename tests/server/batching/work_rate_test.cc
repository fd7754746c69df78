#include "server/batching/work_rate.h"

#include <gtest/gtest.h>

namespace advae {
namespace {

constexpr absl::Time kStart = absl::UnixEpoch();

TEST(WorkRateTest, BeginsWithAnAssumptionThatIsSoonForgotten) {
  WorkRate rate;
  EXPECT_DOUBLE_EQ(rate.per_second(), WorkRate::kPrior);
  EXPECT_FALSE(rate.IsFresh(kStart));
  for (int i = 0; i < 100; ++i) rate.Add(1e7, absl::Milliseconds(10), kStart);
  EXPECT_NEAR(rate.per_second(), 1e9, 0.02e9);
}

TEST(WorkRateTest, FollowsTheLatestWork) {
  WorkRate rate;
  rate.Add(1e12, absl::Seconds(100), kStart);
  EXPECT_NEAR(rate.per_second(), 1e10, 1);
  // One interrupted batch changes little, lasting change is seen.
  rate.Add(1e7, absl::Milliseconds(10), kStart);
  EXPECT_GT(rate.per_second(), 0.9e10);
  for (int i = 0; i < 100; ++i) rate.Add(1e7, absl::Milliseconds(10), kStart);
  EXPECT_NEAR(rate.per_second(), 1e9, 0.2e9);
}

TEST(WorkRateTest, IsFreshForASecond) {
  WorkRate rate;
  rate.Add(1e7, absl::Milliseconds(10), kStart);
  EXPECT_TRUE(rate.IsFresh(kStart + absl::Seconds(1)));
  EXPECT_FALSE(rate.IsFresh(kStart + absl::Seconds(1.1)));
}

TEST(WorkRateTest, NoWorkTellsNothing) {
  WorkRate rate;
  rate.Add(0, absl::Seconds(1), kStart);
  rate.Add(1e7, absl::ZeroDuration(), kStart);
  EXPECT_DOUBLE_EQ(rate.per_second(), WorkRate::kPrior);
  EXPECT_FALSE(rate.IsFresh(kStart));
}

}  // namespace
}  // namespace advae
