#include "server/batching/score_task.h"

#include <utility>

namespace advae {

ScoreTask::ScoreTask(ScoreWork work, Completion completion)
    : work_(std::move(work)), completion_(std::move(completion)), pending_rows_(work_.rows.rows) {}

void ScoreTask::AskWhetherCancelled() {
  if (work_.caller.cancelled && work_.caller.cancelled()) {
    cancelled_.store(true, std::memory_order_relaxed);
  }
}

absl::Status ScoreTask::GiveUpReason(absl::Time now) const {
  // First, as a call whose deadline has passed is cancelled as well.
  if (now >= work_.deadline) {
    return absl::DeadlineExceededError("the deadline passed while the request was queued");
  }
  if (cancelled_.load(std::memory_order_relaxed)) {
    return absl::CancelledError("the client cancelled the request");
  }
  return absl::OkStatus();
}

void ScoreTask::Finish(size_t rows, absl::Status status) {
  absl::Status outcome;
  {
    absl::MutexLock lock(&mutex_);
    status_.Update(std::move(status));
    pending_rows_ -= rows;
    if (pending_rows_ > 0) return;
    outcome = status_;
  }
  completion_(std::move(outcome));
}

}  // namespace advae
