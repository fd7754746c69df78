#ifndef ADVAE_TESTS_SERVER_WALL_CLOCK_H_
#define ADVAE_TESTS_SERVER_WALL_CLOCK_H_

#include <atomic>
#include <thread>

namespace advae::testing {

// While it lives, the wall clock of this process is set back by an hour every few milliseconds, for
// all that ask for the time (clock_gettime, gettimeofday) and for all that wait for it in a futex,
// as Abseil's locks do. Whoever waits by the wall clock waits for ever, wherever it began.
class WallClockThatGoesBack {
 public:
  WallClockThatGoesBack();
  ~WallClockThatGoesBack();

 private:
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace advae::testing

#endif  // ADVAE_TESTS_SERVER_WALL_CLOCK_H_
