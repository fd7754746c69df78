#include "server/batching/inline_budget.h"

#include <gtest/gtest.h>

namespace advae {
namespace {

constexpr absl::Time kStart = absl::UnixEpoch();

absl::Time In(double milliseconds) { return kStart + absl::Milliseconds(1) * milliseconds; }

TEST(InlineBudgetTest, LightUseIsNeverRefused) {
  InlineBudget budget(0.5);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(budget.Allows(In(i)));
    budget.Spend(absl::Milliseconds(0.4), In(i + 0.4));
  }
}

TEST(InlineBudgetTest, HeavyUseIsRefusedUntilAllOfItIsBack) {
  InlineBudget budget(0.5);
  double now = 0;
  while (budget.Allows(In(now)) && now < 1000) {
    now += 0.5;
    budget.Spend(absl::Milliseconds(0.5), In(now));
  }
  // Half of what is spent comes back meanwhile.
  EXPECT_NEAR(now, 10, 1);
  EXPECT_FALSE(budget.Allows(In(now + 9.9)));
  EXPECT_TRUE(budget.Allows(In(now + 10.1)));
}

TEST(InlineBudgetTest, ALongUseCountsNoMoreThanTheBudget) {
  InlineBudget budget(1);
  budget.Spend(absl::Seconds(10), kStart);
  EXPECT_FALSE(budget.Allows(In(4.9)));
  EXPECT_TRUE(budget.Allows(In(5.1)));
}

TEST(InlineBudgetTest, TimesMayComeOutOfOrder) {
  InlineBudget budget(1);
  budget.Spend(absl::Milliseconds(4), In(10));
  budget.Spend(absl::Milliseconds(1), In(9));
  EXPECT_FALSE(budget.Allows(In(10)));
}

}  // namespace
}  // namespace advae
