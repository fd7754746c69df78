#include "server/http/leased_response.h"

#include <gtest/gtest.h>

#include <string>

namespace advae {
namespace {

constexpr size_t kLarge = MemoryBudget::kSmallBytes + 1;

TEST(LeasedResponseTest, HoldsTheMemoryOfItsBodyAsLongAsItLives) {
  MemoryBudget budget(1 << 20);
  {
    const HttpResponse response = Leased({.body = std::string(kLarge, 'x')}, budget);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body.size(), kLarge);
    EXPECT_EQ(budget.held(), kLarge);
  }
  EXPECT_EQ(budget.held(), 0);
}

TEST(LeasedResponseTest, IsAnErrorWithoutMemoryUnlessItIsSmall) {
  MemoryBudget budget(1);
  EXPECT_EQ(Leased({.body = std::string(kLarge, 'x')}, budget).status, 429);
  EXPECT_EQ(Leased({.body = std::string(kLarge - 1, 'x')}, budget).status, 200);
  EXPECT_EQ(budget.held(), 0);
}

}  // namespace
}  // namespace advae
