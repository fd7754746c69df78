#include "server/log/log_limiter.h"

#include <gtest/gtest.h>

namespace advae {
namespace {

TEST(LogLimiterTest, LetsSoManyLinesASecondThrough) {
  LogLimiter limiter(2);
  const absl::Time start = absl::UnixEpoch();
  EXPECT_EQ(limiter.Admit("a", start), 0);
  EXPECT_EQ(limiter.Admit("a", start), 0);
  EXPECT_EQ(limiter.Admit("a", start + absl::Milliseconds(1)), std::nullopt);
  EXPECT_EQ(limiter.Admit("a", start + absl::Milliseconds(999)), std::nullopt);
}

TEST(LogLimiterTest, TellsOnceHowManyWereHeldBack) {
  LogLimiter limiter(1);
  const absl::Time start = absl::UnixEpoch();
  EXPECT_EQ(limiter.Admit("a", start), 0);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(limiter.Admit("a", start), std::nullopt);
  EXPECT_EQ(limiter.Admit("a", start + absl::Seconds(1)), 5);
  EXPECT_EQ(limiter.Admit("a", start + absl::Seconds(2)), 0);
}

TEST(LogLimiterTest, KindsDoNotLimitEachOther) {
  LogLimiter limiter(1);
  const absl::Time start = absl::UnixEpoch();
  EXPECT_EQ(limiter.Admit("a", start), 0);
  EXPECT_EQ(limiter.Admit("b", start), 0);
  EXPECT_EQ(limiter.Admit("a", start), std::nullopt);
}

}  // namespace
}  // namespace advae
