#ifndef ADVAE_SERVER_BATCHING_SCORE_TASK_H_
#define ADVAE_SERVER_BATCHING_SCORE_TASK_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "model/data/matrix.h"
#include "model/scoring/detector.h"

namespace advae {

// What a score request wants of the batcher. Rows and results belong to the caller and outlive the
// completion of the task.
struct ScoreWork {
  std::shared_ptr<const Detector> detector;
  // At least one; columns as the detector wants. Values may be NaN or infinite.
  MatrixView rows;
  // Size rows.rows. Receives the scores: of a row with a NaN NaN, of one with an infinite value and
  // no NaN +infinity.
  std::span<double> scores;
  // Empty, or size rows * columns each: receives what explains the scores. Those of rows that are
  // not finite are left alone.
  RowDetails details = {};
  // Rows that no thread has taken by then are not scored.
  absl::Time deadline = absl::InfiniteFuture();
  // Whether the caller has lost interest: the same, at once. Thread-safe; not asked after the
  // completion. Empty: never.
  std::function<bool()> cancelled = nullptr;
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

  // Why the remaining rows should not be scored, if there is a reason: kCancelled or
  // kDeadlineExceeded.
  absl::Status GiveUpReason(absl::Time now) const;

  // Counts `rows` rows as done, with the first error winning; the last of them calls the
  // completion.
  void Finish(size_t rows, absl::Status status = absl::OkStatus());

 private:
  const ScoreWork work_;
  const Completion completion_;
  absl::Mutex mutex_;
  size_t pending_rows_ ABSL_GUARDED_BY(mutex_);
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace advae

#endif  // ADVAE_SERVER_BATCHING_SCORE_TASK_H_
