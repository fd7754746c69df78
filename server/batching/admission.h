#ifndef ADVAE_SERVER_BATCHING_ADMISSION_H_
#define ADVAE_SERVER_BATCHING_ADMISSION_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/batching/batch.h"
#include "server/batching/score_task.h"

namespace advae {

// How the scoring threads stand at a steady time `now`.
struct ScoringPace {
  double thread_rate;  // multiply-adds a second of one thread
  int threads;
  absl::Time now;
};

// OK when a task may join a queue in which the threads have `work_before` multiply-adds to do until
// it is done, its own left out; for a task without a deadline, until it begins. Otherwise
// kResourceExhausted with a retry hint: a task with a deadline that is not expected to make it, or
// one without that is not held back and would wait longer than max_queue_wait. A deadline that has
// passed already is not refused: to tell is the queue's.
absl::Status CheckWait(const ScoreTask& task, double work_before, const ScoringPace& pace,
                       const BatchLimits& limits);

}  // namespace advae

#endif  // ADVAE_SERVER_BATCHING_ADMISSION_H_
