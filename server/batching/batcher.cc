#include "server/batching/batcher.h"

#include <utility>

#include "absl/time/clock.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

// The share of the scoring threads' time that gRPC's threads may score, for long.
constexpr double kInlineShare = 0.5;

// Asks the callers of the slices whether they have lost interest, and drops the slices of those who
// have.
void DropCancelled(Batch& batch, absl::Time now) {
  auto kept = batch.slices.begin();
  for (BatchSlice& slice : batch.slices) {
    slice.task->AskWhetherCancelled();
    slice.given_up = slice.task->GiveUpReason(now);
    if (!slice.given_up.ok()) {
      batch.dropped.push_back(std::move(slice));
    } else if (BatchSlice& place = *kept++; &place != &slice) {
      place = std::move(slice);
    }
  }
  batch.slices.erase(kept, batch.slices.end());
}

// All slices are of one version.
void CountBatch(const Batch& batch, size_t rows, absl::Time start) {
  VersionStatistics* const statistics = batch.slices.front().task->work().statistics;
  if (statistics != nullptr) statistics->CountBatch(rows, SteadyNow() - start, absl::Now());
}

}  // namespace

Batcher::Batcher(BatchLimits limits, int threads, BatcherMetrics& metrics)
    : limits_(limits),
      thread_count_(threads),
      metrics_(metrics),
      queue_(limits, threads),
      inline_budget_(kInlineShare * threads),
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
  const absl::Time now = SteadyNow();
  bool at_once = false;
  {
    absl::MutexLock lock(&mutex_);
    at_once = ShouldScoreAtOnce(*task, now);
  }
  if (!at_once) return Enqueue(std::move(task));
  ScoreAtOnce(std::move(task), now);
  return absl::OkStatus();
}

absl::Status Batcher::Enqueue(std::shared_ptr<ScoreTask> task) {
  const uint64_t caller = task->CallerKey();
  const bool more_than_one_batch =
      task->rows() > limits_.max_batch_rows ||
      task->multiply_adds() > static_cast<double>(limits_.max_batch_multiply_adds);
  absl::MutexLock lock(&mutex_);
  ADVAE_RETURN_IF_ERROR(queue_.Push(std::move(task), caller, SteadyNow()));
  ShowQueue();
  if (more_than_one_batch) {
    changed_.SignalAll();
  } else {
    changed_.Signal();
  }
  return absl::OkStatus();
}

bool Batcher::ShouldScoreAtOnce(const ScoreTask& task, absl::Time now) {
  if (limits_.max_batch_delay > absl::ZeroDuration()) return false;
  const double multiply_adds = task.multiply_adds();
  const bool is_small = multiply_adds <= kSmall;
  if (is_small) last_small_ = now;
  if (!is_small && (multiply_adds > kMedium || task.rows() > limits_.max_queued_rows ||
                    !queue_.empty() || busy_ >= thread_count_)) {
    return false;
  }
  return inline_budget_.Allows(now);
}

void Batcher::ScoreAtOnce(std::shared_ptr<ScoreTask> task, absl::Time now) {
  std::unique_ptr<BatchScorer> scorer = scorers_.Take();
  const size_t rows = task->rows();
  Batch batch;
  batch.slices.push_back(
      {.task = std::move(task), .first_row = 0, .rows = rows, .waited = absl::ZeroDuration()});
  ScoreSlices(batch, *scorer, nullptr);
  scorers_.Return(std::move(scorer));
  const absl::Time end = SteadyNow();
  absl::MutexLock lock(&mutex_);
  inline_budget_.Spend(end - now, end);
}

double Batcher::ScoreSlices(Batch& batch, BatchScorer& scorer, const ScoringBreaks* breaks) {
  const absl::Time start = SteadyNow();
  DropCancelled(batch, start);
  size_t rows = 0;
  double multiply_adds = 0;
  for (const BatchSlice& slice : batch.slices) {
    rows += slice.rows;
    multiply_adds +=
        static_cast<double>(slice.rows) * static_cast<double>(slice.task->row_multiply_adds());
    metrics_.queue_wait_seconds.Observe(absl::ToDoubleSeconds(slice.waited));
    absl::Duration* const waited = slice.task->work().waited;
    if (waited != nullptr && slice.first_row == 0) *waited = slice.waited;
  }
  if (rows > 0) metrics_.batch_rows.Observe(static_cast<double>(rows));
  const bool scored = scorer.Score(batch, breaks);
  if (scored && rows > 0) CountBatch(batch, rows, start);
  for (const BatchSlice& slice : batch.slices) {
    slice.task->Finish(slice.rows,
                       scored ? absl::OkStatus() : slice.task->GiveUpReason(SteadyNow()));
  }
  for (const BatchSlice& slice : batch.dropped) slice.task->Finish(slice.rows, slice.given_up);
  return scored ? multiply_adds : 0;
}

void Batcher::RunWorker() {
  Worker worker;
  for (;;) {
    Batch batch = WaitForBatch();
    if (batch.empty()) return;
    ScoreQueued(std::move(batch), worker);
  }
}

void Batcher::ScoreQueued(Batch batch, Worker& worker) {
  const absl::Time start = SteadyNow();
  worker.breaks = absl::ZeroDuration();
  double multiply_adds = 0;
  if (batch.is_heavy && !batch.slices.empty()) {
    const std::shared_ptr<ScoreTask> task = batch.slices.front().task;
    const ScoringBreaks breaks = {.multiply_adds = limits_.max_batch_multiply_adds,
                                  .should_stop = [&] { return TakeBreak(*task, worker); }};
    multiply_adds = ScoreSlices(batch, worker.scorer, &breaks);
  } else {
    multiply_adds = ScoreSlices(batch, worker.scorer, nullptr);
  }
  FinishBatch(batch, multiply_adds, SteadyNow() - start - worker.breaks);
}

bool Batcher::TakeBreak(ScoreTask& task, Worker& worker) {
  const absl::Time start = SteadyNow();
  task.AskWhetherCancelled();
  if (!task.GiveUpReason(start).ok()) return true;
  Batch other;
  {
    absl::MutexLock lock(&mutex_);
    other = PopBatch({.flush = stopping_, .spares_heavy = true});
  }
  if (!other.empty()) {
    const double multiply_adds = ScoreSlices(other, worker.break_scorer, nullptr);
    FinishBatch(other, multiply_adds, SteadyNow() - start);
  }
  worker.breaks += SteadyNow() - start;
  return false;
}

void Batcher::FinishBatch(const Batch& batch, double multiply_adds, absl::Duration elapsed) {
  const absl::Time now = SteadyNow();
  bool steps_aside = false;
  {
    absl::MutexLock lock(&mutex_);
    --busy_;
    queue_.Finish(batch, multiply_adds, elapsed, now);
    steps_aside = now - last_small_ < kStepAside;
  }
  if (steps_aside) std::this_thread::yield();
}

Batch Batcher::WaitForBatch() {
  absl::MutexLock lock(&mutex_);
  for (;;) {
    // When stopping, nothing waits for more rows.
    Batch batch = PopBatch({.flush = stopping_});
    if (!batch.empty()) {
      if (!queue_.empty()) changed_.Signal();  // work for another thread
      return batch;
    }
    if (stopping_) return batch;
    changed_.WaitUntil(mutex_, queue_.NextDeadline());
  }
}

Batch Batcher::PopBatch(BatchQueue::PopOptions options) {
  Batch batch = queue_.PopReady(SteadyNow(), options);
  if (batch.empty()) return batch;
  ++busy_;
  ShowQueue();
  return batch;
}

void Batcher::ShowQueue() {
  metrics_.queued_rows.Set(static_cast<double>(queue_.queued_rows()));
  metrics_.queue_delay_seconds.Set(absl::ToDoubleSeconds(queue_.Delay()));
  metrics_.multiply_adds_per_second.Set(queue_.rate().per_second());
}

}  // namespace advae
