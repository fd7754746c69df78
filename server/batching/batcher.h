#ifndef ADVAE_SERVER_BATCHING_BATCHER_H_
#define ADVAE_SERVER_BATCHING_BATCHER_H_

#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "server/batching/batch_queue.h"
#include "server/batching/score_task.h"
#include "server/monitoring/metrics.h"

namespace advae {

// Scores tasks in batches on a pool of threads of its own: one pass through encoder and generator
// for the rows of several requests. Thread-safe.
class Batcher {
 public:
  // `threads` is at least 1; `metrics` outlives the batcher.
  Batcher(BatchLimits limits, int threads, BatcherMetrics& metrics);
  // Scores what is queued, then ends the threads.
  ~Batcher();

  const BatchLimits& limits() const { return limits_; }

  // Takes the task; its completion is called later. With an error the task is not taken and its
  // completion never called: kResourceExhausted when the queue is full.
  absl::Status Submit(std::shared_ptr<ScoreTask> task);

 private:
  void RunWorker();
  // The next batch, waiting for one; empty when the batcher stops and nothing is queued.
  Batch WaitForBatch() ABSL_LOCKS_EXCLUDED(mutex_);

  const BatchLimits limits_;
  BatcherMetrics& metrics_;
  absl::Mutex mutex_;
  absl::CondVar changed_;
  BatchQueue queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_BATCHING_BATCHER_H_
