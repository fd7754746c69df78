#include "server/batching/admission.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/retry_hint.h"

namespace advae {
namespace {

// A wait may take this many times as long as expected and the deadline is still made: the rate of
// the threads changes, and others come who share it. With 1.5, 1.3 % of the accepted calls expired
// at three times the peak (scripts/torture); with 1.75 none did, and no more were refused.
constexpr double kMargin = 1.75;

constexpr absl::Duration kShortestRetry = absl::Milliseconds(50);
constexpr absl::Duration kLongestRetry = absl::Seconds(1);

std::string Milliseconds(absl::Duration duration) {
  return absl::StrCat(absl::ToInt64Milliseconds(absl::Ceil(duration, absl::Milliseconds(1))),
                      " ms");
}

// How long the threads need for the task alone.
absl::Duration OwnTime(const ScoreTask& task, const ScoringPace& pace, const BatchLimits& limits) {
  const double batches = std::max(
      std::ceil(static_cast<double>(task.rows()) / static_cast<double>(limits.max_batch_rows)),
      std::ceil(task.multiply_adds() / static_cast<double>(limits.max_batch_multiply_adds)));
  const double threads =
      std::min({batches, static_cast<double>(task.rows()), static_cast<double>(pace.threads)});
  return absl::Seconds(task.multiply_adds() / (pace.thread_rate * threads));
}

// By the time that `wait` is over, what is queued now will be done.
absl::Status Overloaded(const std::string& reason, absl::Duration wait) {
  return WithRetryHint(absl::ResourceExhaustedError(
                           absl::StrCat("the server is overloaded: ", reason, "; retry later")),
                       std::clamp(wait, kShortestRetry, kLongestRetry));
}

}  // namespace

absl::Status CheckWait(const ScoreTask& task, double work_before, const ScoringPace& pace,
                       const BatchLimits& limits) {
  const absl::Duration wait = absl::Seconds(work_before / (pace.thread_rate * pace.threads));
  if (task.work().deadline != absl::InfiniteFuture()) {
    const absl::Duration left = task.work().deadline - pace.now;
    const absl::Duration own = OwnTime(task, pace, limits);
    if (left <= absl::ZeroDuration() || kMargin * wait + own <= left) return absl::OkStatus();
    return Overloaded(
        absl::StrCat("the request would wait for about ", Milliseconds(wait), " and then take ",
                     Milliseconds(own), ", but its deadline is in ", Milliseconds(left)),
        wait);
  }
  if (task.work().caller.is_held_back || wait <= limits.max_queue_wait) return absl::OkStatus();
  return Overloaded(absl::StrCat("the request would wait for about ", Milliseconds(wait),
                                 "; without a deadline it may wait for ",
                                 Milliseconds(limits.max_queue_wait), " (--max_queue_wait)"),
                    wait);
}

}  // namespace advae
