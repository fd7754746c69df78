#include "server/batching/batcher.h"

#include <utility>

#include "absl/time/clock.h"
#include "server/batching/batch_scorer.h"

namespace advae {

Batcher::Batcher(BatchLimits limits, int threads, BatcherMetrics& metrics)
    : limits_(limits), metrics_(metrics), queue_(limits) {
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
  absl::MutexLock lock(&mutex_);
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

void Batcher::RunWorker() {
  BatchScorer scorer;
  for (;;) {
    Batch batch = WaitForBatch();
    if (batch.empty()) return;
    size_t rows = 0;
    for (const BatchSlice& slice : batch.slices) {
      rows += slice.rows;
      metrics_.queue_wait_seconds.Observe(absl::ToDoubleSeconds(slice.waited));
    }
    if (rows > 0) metrics_.batch_rows.Observe(static_cast<double>(rows));
    scorer.Score(batch);
    for (BatchSlice& slice : batch.slices) slice.task->Finish(slice.rows);
    const absl::Time now = absl::Now();
    for (BatchSlice& slice : batch.dropped) {
      slice.task->Finish(slice.rows, slice.task->GiveUpReason(now));
    }
  }
}

Batch Batcher::WaitForBatch() {
  absl::MutexLock lock(&mutex_);
  for (;;) {
    // When stopping, nothing waits for more rows.
    Batch batch = queue_.PopReady(absl::Now(), /*flush=*/stopping_);
    if (!batch.empty()) {
      metrics_.queued_rows.Set(static_cast<double>(queue_.queued_rows()));
      if (!queue_.empty()) changed_.Signal();  // work for another thread
      return batch;
    }
    if (stopping_) return batch;
    changed_.WaitWithDeadline(&mutex_, queue_.NextDeadline());
  }
}

}  // namespace advae
