#include "server/messages/memory_budget.h"

#include <gtest/gtest.h>

#include "server/base/retry_hint.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using testing::IsOk;

TEST(MemoryBudgetTest, GivesNoMoreThanItHas) {
  MemoryBudget budget(8 << 20);
  MemoryLease first(budget), second(budget);
  EXPECT_THAT(first.Grow(4 << 20), IsOk());
  EXPECT_THAT(second.Grow(3 << 20), IsOk());
  const absl::Status status = second.Grow(1 << 20);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(RetryHint(status).has_value());
  EXPECT_EQ(second.held(), uint64_t{3} << 20);
  EXPECT_EQ(budget.held(), uint64_t{7} << 20);
}

TEST(MemoryBudgetTest, KeepsAShareForSmallRequests) {
  MemoryBudget budget(8 << 20);
  MemoryLease large(budget), small(budget);
  EXPECT_THAT(large.Grow(7 << 20), IsOk());
  EXPECT_FALSE(large.Grow(MemoryBudget::kSmallBytes + 1).ok());
  for (uint64_t i = 0; i < (1 << 20) / MemoryBudget::kSmallBytes; ++i) {
    EXPECT_THAT(small.Grow(MemoryBudget::kSmallBytes), IsOk());
  }
  EXPECT_FALSE(small.Grow(1).ok());
}

TEST(MemoryLeaseTest, GivesNoHintWhereWaitingDoesNotHelp) {
  MemoryBudget budget(8 << 20);
  MemoryLease lease(budget);
  EXPECT_FALSE(RetryHint(lease.Grow((7 << 20) + 1)).has_value());
  EXPECT_THAT(lease.Grow(4 << 20), IsOk());
  EXPECT_FALSE(RetryHint(lease.Grow((3 << 20) + 1)).has_value());
  EXPECT_THAT(lease.Grow(3 << 20), IsOk());
  MemoryLease other(budget);
  EXPECT_TRUE(RetryHint(other.Grow(7 << 20)).has_value());
  EXPECT_FALSE(RetryHint(other.Grow(UINT64_MAX)).has_value());
}

TEST(MemoryLeaseTest, GivesBackAtItsEndWhatItHolds) {
  MemoryBudget budget(1 << 20);
  {
    MemoryLease lease(budget);
    ASSERT_THAT(lease.Grow(1000), IsOk());
    const MemoryLease moved = std::move(lease);
    EXPECT_EQ(budget.held(), 1000u);
  }
  EXPECT_EQ(budget.held(), 0u);
}

}  // namespace
}  // namespace advae
