#ifndef ADVAE_SERVER_BATCHING_SCORE_TASK_H_
#define ADVAE_SERVER_BATCHING_SCORE_TASK_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "model/data/matrix.h"
#include "model/scoring/loaded_version.h"
#include "server/batching/row_source.h"
#include "server/metrics/version_statistics.h"

namespace advae {

// Who wants scores. The functions are thread-safe, never called under a lock, and not after the
// completion of the task.
struct ScoreCaller {
  // Tells callers apart: those with the same key share their turns in the queue. Asked at most
  // once. Empty: 0.
  std::function<uint64_t()> key = nullptr;
  // Above 0. With twice the weight, twice as much is scored as for others that have rows waiting.
  double weight = 1;
  // Whether the caller has lost interest; then what is not scored yet will not be. Empty: never.
  std::function<bool()> cancelled = nullptr;
  // The caller sends no more while it waits, as a stream does: its tasks may wait for any time.
  bool is_held_back = false;
};

// What a score request wants of the batcher. Rows and results belong to the caller and outlive the
// completion of the task.
struct ScoreWork {
  std::shared_ptr<const LoadedVersion> version;
  // At least one; columns as the version wants. Values may be NaN or infinite.
  MatrixView rows;
  // Has the rows, if it is not null; then `rows` has their numbers alone.
  RowSource* source = nullptr;
  // Size rows.rows. Receives the scores: of a row with a NaN NaN, unless the version takes missing
  // values, of another one with an infinite value +infinity.
  std::span<double> scores;
  // Receives what explains the scores. That of rows that are not finite is left alone.
  RowDetails details = {};
  // A steady time. Rows that no thread has taken by then are not scored.
  absl::Time deadline = absl::InfiniteFuture();
  ScoreCaller caller = {};
  // Counts the batches of the rows, and lives as long; null for none.
  VersionStatistics* statistics = nullptr;
  // Receives how long the first row waited for a scoring thread; may be null.
  absl::Duration* waited = nullptr;
};

// One score request on its way through queue and scoring threads, in slices.
//
// The completion is called exactly once: after all rows are scored, or after the task was given up
// and no thread touches its rows any more. It runs on a thread of the batcher (or on the one that
// submits the task or shuts the batcher down), must not block, and may destroy what the work points
// to.
//
// Thread-safe.
class ScoreTask {
 public:
  using Completion = std::function<void(absl::Status)>;

  ScoreTask(ScoreWork work, Completion completion);

  const ScoreWork& work() const { return work_; }
  size_t rows() const { return work_.rows.rows; }
  // Multiply-adds of one row, and of all.
  size_t row_multiply_adds() const { return work_.version->scorer().multiply_adds(); }
  double multiply_adds() const {
    return static_cast<double>(row_multiply_adds()) * static_cast<double>(rows());
  }
  // Calls out.
  uint64_t CallerKey() const { return work_.caller.key ? work_.caller.key() : 0; }

  // Asks the caller whether it has lost interest, and remembers that it has. Calls out.
  void AskWhetherCancelled();
  // Why the remaining rows should not be scored at the steady time `now`, if there is a reason:
  // kDeadlineExceeded, or kCancelled when the caller was asked and has lost interest. Does not call
  // out.
  absl::Status GiveUpReason(absl::Time now) const;

  // Counts `rows` rows as done, with the first error winning; the last of them calls the
  // completion.
  void Finish(size_t rows, absl::Status status = absl::OkStatus());

 private:
  const ScoreWork work_;
  const Completion completion_;
  std::atomic<bool> cancelled_ = false;
  absl::Mutex mutex_;
  size_t pending_rows_ ABSL_GUARDED_BY(mutex_);
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace advae

#endif  // ADVAE_SERVER_BATCHING_SCORE_TASK_H_
