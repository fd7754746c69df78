#include "model/base/steady_clock.h"

#include <algorithm>

namespace advae {
namespace {

using std::chrono::steady_clock;

// absl::Mutex for std::condition_variable_any.
struct Lockable {
  void lock() ABSL_NO_THREAD_SAFETY_ANALYSIS { mutex.Lock(); }
  void unlock() ABSL_NO_THREAD_SAFETY_ANALYSIS { mutex.Unlock(); }

  absl::Mutex& mutex;
};

}  // namespace

absl::Time SteadyNow() {
  return absl::UnixEpoch() + absl::FromChrono(steady_clock::now().time_since_epoch());
}

absl::Time SteadyDeadline(std::chrono::system_clock::time_point deadline) {
  if (deadline == std::chrono::system_clock::time_point::max()) return absl::InfiniteFuture();
  // Not absl::Now(), which keeps to its last samples of the clock for a while when that jumps back.
  return SteadyNow() + absl::FromChrono(deadline - std::chrono::system_clock::now());
}

void SteadyCondVar::WaitUntil(absl::Mutex& mutex, absl::Time limit) {
  Lockable lockable{mutex};
  if (limit == absl::InfiniteFuture()) return changed_.wait(lockable);
  // To wake up once a day does no harm; to add up more than fits would.
  const absl::Duration left =
      std::clamp(limit - SteadyNow(), absl::ZeroDuration(), absl::Hours(24));
  changed_.wait_until(lockable, steady_clock::now() + absl::ToChronoNanoseconds(left));
}

}  // namespace advae
