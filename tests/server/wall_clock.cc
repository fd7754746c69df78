#include "tests/server/wall_clock.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

namespace {

constexpr int64_t kNanos = 1'000'000'000;
constexpr int64_t kHour = 3600 * kNanos;
// How late a wait may learn that the clock was set.
constexpr int64_t kSlice = kNanos / 500;

std::atomic<int64_t> set_back = 0;  // nanoseconds

using Arguments = std::array<long, 6>;

long SystemCall(long number, const Arguments& a) {
  static const auto next = reinterpret_cast<long (*)(long, ...)>(dlsym(RTLD_NEXT, "syscall"));
  return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int64_t NanosOf(const timespec& time) { return time.tv_sec * kNanos + time.tv_nsec; }
timespec TimeOf(int64_t nanos) { return {.tv_sec = nanos / kNanos, .tv_nsec = nanos % kNanos}; }

int64_t RealTime() {
  timespec now;
  SystemCall(SYS_clock_gettime, {CLOCK_REALTIME, reinterpret_cast<long>(&now)});
  return NanosOf(now);
}

// A wait in a futex until a time of the wall clock, which may be set meanwhile.
long WaitByWallClock(Arguments arguments) {
  const int64_t limit = NanosOf(*reinterpret_cast<const timespec*>(arguments[3]));
  for (;;) {
    const int64_t now = RealTime();
    const timespec slice_end = TimeOf(std::min(now + kSlice, std::max(now, limit + set_back)));
    arguments[3] = reinterpret_cast<long>(&slice_end);
    const long result = SystemCall(SYS_futex, arguments);
    if (result == 0 || errno != ETIMEDOUT || RealTime() - set_back >= limit) return result;
  }
}

}  // namespace

// In place of the C library's, for all of the process.

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const long status = SystemCall(SYS_clock_gettime, {clock, reinterpret_cast<long>(time)});
  if (status == 0 && clock == CLOCK_REALTIME) *time = TimeOf(NanosOf(*time) - set_back);
  return static_cast<int>(status);
}

extern "C" int gettimeofday(timeval* time, void* /*zone*/) noexcept {
  timespec now;
  const int status = clock_gettime(CLOCK_REALTIME, &now);
  *time = {.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
  return status;
}

extern "C" long syscall(long number, ...) noexcept {
  va_list list;
  va_start(list, number);
  Arguments arguments;
  for (long& argument : arguments) argument = va_arg(list, long);
  va_end(list);
  const bool waits_by_wall_clock = number == SYS_futex && arguments[3] != 0 &&
                                   (arguments[1] & FUTEX_CLOCK_REALTIME) != 0 &&
                                   (arguments[1] & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET;
  return waits_by_wall_clock ? WaitByWallClock(arguments) : SystemCall(number, arguments);
}

namespace advae::testing {

WallClockThatGoesBack::WallClockThatGoesBack()
    : thread_([this] {
        while (!stop_) {
          set_back += kHour;
          std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
      }) {}

WallClockThatGoesBack::~WallClockThatGoesBack() {
  stop_ = true;
  thread_.join();
  set_back = 0;
}

}  // namespace advae::testing
