#ifndef ADVAE_SERVER_BATCHING_BATCH_H_
#define ADVAE_SERVER_BATCHING_BATCH_H_

#include <cstddef>
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
  // Multiply-adds (Scorer::multiply_adds) that one scoring thread takes at a time, at least 1: some
  // milliseconds of a core. Of a heavy row, which takes more alone, it is the distance between the
  // breaks in which others are served.
  size_t max_batch_multiply_adds = 256'000'000;
  // How long a batch waits for more rows before it is scored part-filled, at least 0. With 0 a
  // free thread takes what is there; batches then fill by themselves while all threads are busy.
  absl::Duration max_batch_delay = absl::ZeroDuration();
  // Rows that may wait, at least 1, over all requests: a bound of memory; more are refused.
  size_t max_queued_rows = 1'000'000;
  // How long a request without a deadline may have to wait for its first row to be taken, above 0;
  // one that would wait longer is refused.
  absl::Duration max_queue_wait = absl::Seconds(1);
  // Rows of one request, at least 1; more are not valid, however idle the server is.
  size_t max_request_rows = 1'000'000;
};

// Consecutive rows of one task.
struct BatchSlice {
  std::shared_ptr<ScoreTask> task;
  size_t first_row = 0;
  size_t rows = 0;
  // How long the slice's task waited for its first row to be taken, or since its last slice was.
  absl::Duration waited;
  // Why the rows are not to be scored, if they are not.
  absl::Status given_up = absl::OkStatus();
};

// Rows for one scoring thread, all of one version.
struct Batch {
  std::vector<BatchSlice> slices;
  // Slices of tasks that were cancelled or cannot make their deadline: not to be scored, only
  // finished.
  std::vector<BatchSlice> dropped;
  // Of the slices when they were popped.
  double multiply_adds = 0;
  // A single row that takes more than max_batch_multiply_adds.
  bool is_heavy = false;

  bool empty() const { return slices.empty() && dropped.empty(); }
};

}  // namespace advae

#endif  // ADVAE_SERVER_BATCHING_BATCH_H_
