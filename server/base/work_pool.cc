#include "server/base/work_pool.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/retry_hint.h"

namespace advae {
namespace {

constexpr absl::Duration kRetryAfter = absl::Seconds(1);

}  // namespace

WorkPool::WorkPool(int threads, size_t max_waiting) : max_waiting_(max_waiting) {
  threads_.reserve(threads);
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { RunThread(); });
}

WorkPool::~WorkPool() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
}

absl::Status WorkPool::Submit(Work work) {
  absl::MutexLock lock(&mutex_);
  if (waiting_.size() >= max_waiting_) {
    return WithRetryHint(
        absl::ResourceExhaustedError(absl::StrCat(
            waiting_.size(), " calls are waiting for a thread, which is the limit; retry later")),
        kRetryAfter);
  }
  waiting_.push_back(std::move(work));
  return absl::OkStatus();
}

void WorkPool::RunThread() {
  for (;;) {
    Work work;
    {
      absl::MutexLock lock(&mutex_, absl::Condition(this, &WorkPool::HasNews));
      if (waiting_.empty()) return;
      work = std::move(waiting_.front());
      waiting_.pop_front();
    }
    work();
  }
}

}  // namespace advae
