#ifndef ADVAE_SERVER_BATCHING_BATCH_QUEUE_H_
#define ADVAE_SERVER_BATCHING_BATCH_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <unordered_map>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/batching/batch.h"
#include "server/batching/flow.h"
#include "server/batching/score_task.h"
#include "server/batching/work_rate.h"

namespace advae {

// Collects score tasks into batches: the policy, with no threads and no clock. All times are steady
// (model/base/steady_clock.h).
//
//  - A batch has rows of one version, as many as the limits of rows and multiply-adds allow, and
//    one at least.
//  - Callers share. The next turn, of one batch, has the caller that was served the fewest
//    multiply-adds for each unit of its weight; one that comes anew is level with the one that is
//    next. It waits for one turn of each of the others at most, however much they have queued.
//    The versions of a caller take turns. A batch that has room left takes in the version's other
//    callers.
//  - A task that does not fit one batch is scored in slices. Of the tasks of one caller and
//    version, those of a smaller class of sizes go first, and within a class the older, but the
//    oldest of all gets at least every second row of a turn: a one-row request never waits behind
//    one of a hundred thousand rows, nor does that one starve.
//  - What cannot be scored in time is refused at once, by what the callers have queued and how fast
//    the threads are.
//
// Keeps nothing of callers and versions that have nothing queued. Calls nothing out. Not
// thread-safe: the batcher guards it.
class BatchQueue {
 public:
  // For `threads` scoring threads, at least 1.
  BatchQueue(BatchLimits limits, int threads) : limits_(limits), threads_(threads) {}

  // kResourceExhausted with a retry hint, and the task is not taken, when it would exceed
  // max_queued_rows, or has to wait too long (CheckWait in admission.h). Its own length is no wait:
  // an idle queue takes a task of any length that can make its deadline, and any task once it has
  // not measured the rate of the threads for a second.
  absl::Status Push(std::shared_ptr<ScoreTask> task, uint64_t caller, absl::Time now);

  struct PopOptions {
    bool flush = false;         // every batch is due
    bool spares_heavy = false;  // heavy rows are not wanted
  };
  // The next batch that is full or due at `now`; empty when there is none. Finish() follows for
  // each that is not empty.
  Batch PopReady(absl::Time now, PopOptions options);
  Batch PopReady(absl::Time now) { return PopReady(now, {}); }

  // A thread is done with `batch`. It did `multiply_adds` of it, which took `elapsed`.
  void Finish(const Batch& batch, double multiply_adds, absl::Duration elapsed, absl::Time now);

  // When PopReady next has something to give; InfiniteFuture() when nothing is queued.
  absl::Time NextDeadline() const;

  // How long the threads will take for what is queued.
  absl::Duration Delay() const;
  const WorkRate& rate() const { return rate_; }
  size_t queued_rows() const { return queued_rows_; }
  bool empty() const { return lanes_.empty(); }

 private:
  using Lanes = std::list<Lane>;

  absl::Status Admit(const ScoreTask& task, uint64_t caller, absl::Time now) const;
  // Multiply-adds that the threads will do before the new task has had `own` of its.
  double WorkBefore(const ScoreTask& task, uint64_t caller, double own) const;
  Lane& LaneFor(const ScoreTask& task);
  absl::Time DueTime(const Lane& lane) const;
  Lanes::iterator NextLane(absl::Time now, PopOptions options);
  bool IsHeavy(const Lane& lane) const;
  // What a turn takes at most before others have theirs.
  double TurnWork(const Lane& lane) const;
  // What a batch counts while it is being scored: others are served in the breaks of a heavy row.
  double RunningWork(const Batch& batch) const;
  // Gives `flow` its turn of up to `quota` rows; how many it took, without those that it dropped.
  size_t TakeTurn(Lane& lane, Flow& flow, size_t quota, absl::Time now, Batch& batch);
  // The same for the tasks of one class.
  size_t Take(Lane& lane, Flow& flow, size_t size_class, size_t quota, absl::Time now,
              Batch& batch);
  // Rows of a task of the class have left the queue.
  void CountTaken(Lane& lane, QueuedCaller& caller, size_t size_class, size_t rows);
  // Why rows of the task that take `work` are not worth scoring any more.
  absl::Status GiveUpReason(const ScoreTask& task, double work, absl::Time now) const;

  const BatchLimits limits_;
  const int threads_;
  WorkRate rate_;
  std::unordered_map<uint64_t, QueuedCaller> callers_;  // by key
  Lanes lanes_;                                         // none is empty
  double level_ = 0;                                    // `served` of whose turn was last
  uint64_t next_place_ = 0;
  uint64_t next_arrival_ = 0;
  size_t queued_rows_ = 0;
  size_t running_ = 0;  // batches that are not finished
  double running_work_ = 0;
};

}  // namespace advae

#endif  // ADVAE_SERVER_BATCHING_BATCH_QUEUE_H_
