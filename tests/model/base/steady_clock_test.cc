#include "model/base/steady_clock.h"

#include <gtest/gtest.h>

#include <thread>

#include "absl/time/clock.h"

namespace advae {
namespace {

using std::chrono::system_clock;

TEST(SteadyClockTest, KeepsWhatIsLeftOfADeadline) {
  const absl::Time before = SteadyNow();
  const absl::Time deadline = SteadyDeadline(system_clock::now() + std::chrono::hours(1));
  EXPECT_GT(deadline, before + absl::Minutes(59));
  EXPECT_LT(deadline, SteadyNow() + absl::Minutes(61));
  EXPECT_LT(SteadyDeadline(system_clock::now() - std::chrono::hours(1)),
            SteadyNow() - absl::Minutes(59));
}

TEST(SteadyClockTest, NoDeadlineStaysNone) {
  EXPECT_EQ(SteadyDeadline(system_clock::time_point::max()), absl::InfiniteFuture());
}

TEST(SteadyCondVarTest, WaitsNoLongerThanTheLimit) {
  absl::Mutex mutex;
  SteadyCondVar changed;
  absl::MutexLock lock(&mutex);
  changed.WaitUntil(mutex, absl::InfinitePast());
  changed.WaitUntil(mutex, SteadyNow() - absl::Seconds(1));
  const absl::Time limit = SteadyNow() + absl::Milliseconds(1);
  while (SteadyNow() < limit) changed.WaitUntil(mutex, limit);
}

TEST(SteadyCondVarTest, IsSignalled) {
  for (const bool has_limit : {false, true}) {
    absl::Mutex mutex;
    SteadyCondVar changed;
    bool ready = false;
    std::thread thread([&] {
      absl::MutexLock lock(&mutex);
      ready = true;
      changed.Signal();
    });
    {
      absl::MutexLock lock(&mutex);
      const absl::Time limit = has_limit ? SteadyNow() + absl::Hours(1) : absl::InfiniteFuture();
      while (!ready) changed.WaitUntil(mutex, limit);
    }
    thread.join();
  }
}

}  // namespace
}  // namespace advae
