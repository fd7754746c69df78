#ifndef ADVAE_SERVER_BATCHING_BATCH_QUEUE_H_
#define ADVAE_SERVER_BATCHING_BATCH_QUEUE_H_

#include <cstddef>
#include <deque>
#include <list>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/batching/score_task.h"

namespace advae {

struct BatchLimits {
  // Rows that one scoring thread takes at a time, at least 1. More rows amortise the cost of a
  // batch better; a request that arrives meanwhile waits for the rows of one batch at most.
  size_t max_batch_rows = 64;
  // How long a batch waits for more rows before it is scored part-filled, at least 0. With 0 a
  // free thread takes what is there; batches then fill by themselves while all threads are busy.
  absl::Duration max_batch_delay = absl::ZeroDuration();
  // Rows that may wait, at least 1; more are refused.
  size_t max_queued_rows = 1'000'000;
};

// Consecutive rows of one task.
struct BatchSlice {
  std::shared_ptr<ScoreTask> task;
  size_t first_row = 0;
  size_t rows = 0;
  // How long the slice's task waited for its first row to be taken, or since its last slice was.
  absl::Duration waited;
};

// Rows for one scoring thread, all of one detector.
struct Batch {
  std::vector<BatchSlice> slices;
  // Slices of tasks that were cancelled or whose deadline passed: not to be scored, only finished.
  std::vector<BatchSlice> dropped;

  bool empty() const { return slices.empty() && dropped.empty(); }
};

// Collects score tasks into batches: the policy, with no threads and no clock.
//
//  - Each detector has a lane of its own; lanes take turns.
//  - A task that does not fit one batch is scored in slices. In its lane, tasks that have not begun
//    go before those that have, but the latter get at least every second row of a batch: a one-row
//    request never waits behind a request of a hundred thousand rows, nor does that one starve.
//
// Not thread-safe: the batcher guards it.
class BatchQueue {
 public:
  explicit BatchQueue(BatchLimits limits) : limits_(limits) {}

  // kResourceExhausted with a retry hint, and the task is not taken, when it would exceed
  // max_queued_rows.
  absl::Status Push(std::shared_ptr<ScoreTask> task, absl::Time now);

  // The next batch that is full or due at `now`; empty when there is none. With `flush` every batch
  // is due.
  Batch PopReady(absl::Time now, bool flush = false);

  // When PopReady next has something to give; InfiniteFuture() when nothing is queued.
  absl::Time NextDeadline() const;

  size_t queued_rows() const { return queued_rows_; }
  bool empty() const { return lanes_.empty(); }

 private:
  struct Entry {
    std::shared_ptr<ScoreTask> task;
    size_t next_row = 0;
    absl::Time since;  // arrival, or when the last slice was taken

    size_t remaining() const { return task->rows() - next_row; }
  };
  // The tasks of one detector.
  struct Lane {
    const Detector* detector;
    std::deque<Entry> fresh;  // no row taken yet, by arrival
    std::deque<Entry> begun;  // the others, in turn
    size_t rows = 0;
  };

  Lane& LaneOf(const Detector* detector);
  absl::Time DueTime(const Lane& lane) const;
  // Takes up to `quota` rows off the front of `from`. What remains of the last task goes to
  // `begun`.
  void Take(std::deque<Entry>& from, std::deque<Entry>& begun, size_t quota, absl::Time now,
            Batch& batch);

  const BatchLimits limits_;
  std::list<Lane> lanes_;  // none is empty; the front one is next
  size_t queued_rows_ = 0;
};

}  // namespace advae

#endif  // ADVAE_SERVER_BATCHING_BATCH_QUEUE_H_
