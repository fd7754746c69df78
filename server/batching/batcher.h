#ifndef ADVAE_SERVER_BATCHING_BATCHER_H_
#define ADVAE_SERVER_BATCHING_BATCHER_H_

#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "model/base/steady_clock.h"
#include "server/base/object_pool.h"
#include "server/batching/batch_queue.h"
#include "server/batching/batch_scorer.h"
#include "server/batching/inline_budget.h"
#include "server/batching/score_task.h"
#include "server/metrics/metrics.h"

namespace advae {

// Scores tasks in batches on a pool of threads of its own: one pass through encoder and generator
// for the rows of several requests. Thread-safe.
//
// A small task is scored by the thread that submits it, at once: waking another thread would take
// longer than the score. So is a medium one while a thread of the pool is free. Both only as long
// as these threads have other things to do as well (InlineBudget). While small tasks come, the pool
// gives up its processors after each batch to whoever waits for one, such as the threads that bring
// the tasks: the system would let them wait for several milliseconds.
//
// A heavy row, which takes longer than a batch may, has breaks in which its thread scores batches
// of other rows, one in each.
class Batcher {
 public:
  // Multiply-adds (Scorer::multiply_adds) of the largest small task, some 50 microseconds of a
  // core, and of the largest medium one, some 500: what a thread of gRPC may be kept from its other
  // calls.
  static constexpr size_t kSmall = 2'000'000;
  static constexpr size_t kMedium = 20'000'000;
  // How long after a small task the pool expects others: longer than the system keeps a thread
  // waiting for a processor.
  static constexpr absl::Duration kStepAside = absl::Milliseconds(20);

  // `threads` is at least 1; `metrics` outlives the batcher.
  Batcher(BatchLimits limits, int threads, BatcherMetrics& metrics);
  // Scores what is queued, then ends the threads.
  ~Batcher();

  const BatchLimits& limits() const { return limits_; }

  // Takes the task; its completion is called later, or before this returns. With
  // an error the task is not taken and its completion never called: kResourceExhausted when the
  // queue refuses it (BatchQueue::Push).
  absl::Status Submit(std::shared_ptr<ScoreTask> task);

 private:
  // What a thread of the pool scores with: a batch, and those in the breaks of a heavy row.
  struct Worker {
    BatchScorer scorer;
    BatchScorer break_scorer;
    absl::Duration breaks;  // that the batch has had
  };

  void RunWorker();
  // Whether the submitting thread is to score the task.
  bool ShouldScoreAtOnce(const ScoreTask& task, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ScoreAtOnce(std::shared_ptr<ScoreTask> task, absl::Time now) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status Enqueue(std::shared_ptr<ScoreTask> task) ABSL_LOCKS_EXCLUDED(mutex_);
  // Scores a batch of the queue, on a thread of the pool. A heavy one has its breaks.
  void ScoreQueued(Batch batch, Worker& worker) ABSL_LOCKS_EXCLUDED(mutex_);
  // In a break of `task`: scores another batch if there is one. True when the task is given up.
  bool TakeBreak(ScoreTask& task, Worker& worker) ABSL_LOCKS_EXCLUDED(mutex_);
  // Scores and finishes the slices; the multiply-adds that it did.
  double ScoreSlices(Batch& batch, BatchScorer& scorer, const ScoringBreaks* breaks);
  // Notes that the batch is done, and lets others run if they should before the next.
  void FinishBatch(const Batch& batch, double multiply_adds, absl::Duration elapsed)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // The next batch, waiting for one; empty when the batcher stops and nothing is queued.
  Batch WaitForBatch() ABSL_LOCKS_EXCLUDED(mutex_);
  Batch PopBatch(BatchQueue::PopOptions options) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ShowQueue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const BatchLimits limits_;
  const int thread_count_;
  BatcherMetrics& metrics_;
  absl::Mutex mutex_;
  SteadyCondVar changed_;
  BatchQueue queue_ ABSL_GUARDED_BY(mutex_);
  InlineBudget inline_budget_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  int busy_ ABSL_GUARDED_BY(mutex_) = 0;  // threads of the pool that score
  absl::Time last_small_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();  // small task
  ObjectPool<BatchScorer> scorers_;                                       // of submitting threads
  std::vector<std::thread> threads_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_BATCHING_BATCHER_H_
