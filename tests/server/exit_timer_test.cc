#include "server/exit_timer.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace advae {
namespace {

TEST(ExitTimerDeathTest, EndsAProcessThatHangs) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        ExitTimer timer(absl::Milliseconds(1));
        timer.Start();
        pause();
      },
      testing::ExitedWithCode(1), "not stopped in time");
}

TEST(ExitTimerTest, LeavesAloneWhatEndsInTime) {
  ExitTimer timer(absl::Hours(1));
  timer.Start();
}

TEST(ExitTimerTest, WaitsForItsStart) { const ExitTimer timer(absl::ZeroDuration()); }

}  // namespace
}  // namespace advae
