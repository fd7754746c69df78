#include "server/batching/batcher.h"

#include <utility>

#include "absl/time/clock.h"

namespace advae {
namespace {

size_t MultiplyAdds(const ScoreTask& task) {
  return task.rows() * task.work().detector->scorer().multiply_adds();
}

}  // namespace

Batcher::Batcher(BatchLimits limits, int threads, BatcherMetrics& metrics)
    : limits_(limits),
      thread_count_(threads),
      metrics_(metrics),
      queue_(limits),
      scorers_(threads) {
  threads_.reserve(threads);
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { RunWorker(); });
}

Batcher::~Batcher() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.SignalAll();
  }
  for (std::thread& thread : threads_) thread.join();
}

absl::Status Batcher::Submit(std::shared_ptr<ScoreTask> task) {
  {
    absl::MutexLock lock(&mutex_);
    if (!ShouldScoreAtOnce(*task)) {
      const bool more_than_one_batch = task->rows() > limits_.max_batch_rows;
      absl::Status status = queue_.Push(std::move(task), absl::Now());
      if (!status.ok()) return status;
      metrics_.queued_rows.Set(static_cast<double>(queue_.queued_rows()));
      if (more_than_one_batch) {
        changed_.SignalAll();
      } else {
        changed_.Signal();
      }
      return absl::OkStatus();
    }
  }
  ScoreAtOnce(std::move(task));
  return absl::OkStatus();
}

bool Batcher::ShouldScoreAtOnce(const ScoreTask& task) const {
  if (limits_.max_batch_delay > absl::ZeroDuration()) return false;
  const size_t multiply_adds = MultiplyAdds(task);
  if (multiply_adds <= kSmall) return true;
  return multiply_adds <= kMedium && task.rows() <= limits_.max_queued_rows && queue_.empty() &&
         busy_ < thread_count_;
}

void Batcher::ScoreAtOnce(std::shared_ptr<ScoreTask> task) {
  std::unique_ptr<BatchScorer> scorer = scorers_.Take();
  const size_t rows = task->rows();
  const bool small = MultiplyAdds(*task) <= kSmall;
  Batch batch;
  const absl::Time now = absl::Now();
  const bool give_up = !task->GiveUpReason(now).ok();
  (give_up ? batch.dropped : batch.slices)
      .push_back(
          {.task = std::move(task), .first_row = 0, .rows = rows, .waited = absl::ZeroDuration()});
  ScoreBatch(batch, *scorer);
  scorers_.Return(std::move(scorer));
  if (!small) return;
  absl::MutexLock lock(&mutex_);
  last_small_ = now;
}

void Batcher::ScoreBatch(const Batch& batch, BatchScorer& scorer) {
  size_t rows = 0;
  for (const BatchSlice& slice : batch.slices) {
    rows += slice.rows;
    metrics_.queue_wait_seconds.Observe(absl::ToDoubleSeconds(slice.waited));
  }
  if (rows > 0) metrics_.batch_rows.Observe(static_cast<double>(rows));
  scorer.Score(batch);
  for (const BatchSlice& slice : batch.slices) slice.task->Finish(slice.rows);
  const absl::Time now = absl::Now();
  for (const BatchSlice& slice : batch.dropped) {
    slice.task->Finish(slice.rows, slice.task->GiveUpReason(now));
  }
}

void Batcher::RunWorker() {
  BatchScorer scorer;
  for (;;) {
    Batch batch = WaitForBatch();
    if (batch.empty()) return;
    ScoreBatch(batch, scorer);
    if (FinishBatch()) std::this_thread::yield();
  }
}

bool Batcher::FinishBatch() {
  const absl::Time now = absl::Now();
  absl::MutexLock lock(&mutex_);
  --busy_;
  return now - last_small_ < kStepAside;
}

Batch Batcher::WaitForBatch() {
  absl::MutexLock lock(&mutex_);
  for (;;) {
    // When stopping, nothing waits for more rows.
    Batch batch = queue_.PopReady(absl::Now(), /*flush=*/stopping_);
    if (!batch.empty()) {
      ++busy_;
      metrics_.queued_rows.Set(static_cast<double>(queue_.queued_rows()));
      if (!queue_.empty()) changed_.Signal();  // work for another thread
      return batch;
    }
    if (stopping_) return batch;
    changed_.WaitWithDeadline(&mutex_, queue_.NextDeadline());
  }
}

}  // namespace advae
