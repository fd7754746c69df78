#ifndef ADVAE_SERVER_HISTORY_MODEL_HISTORY_H_
#define ADVAE_SERVER_HISTORY_MODEL_HISTORY_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "advae/v1/detector.pb.h"
#include "server/history/kept_row.h"
#include "server/history/score_counts.h"

namespace advae {

// Limits of what histories keep.
struct HistoryLimits {
  // The latest alarms of a model, and as many of the latest rows that were close to one. 0 keeps no
  // rows, only counts.
  int64_t rows = 50;
  // Of all kept rows of all models. Beyond it, rows are kept without their values.
  uint64_t max_row_bytes = 32 << 20;
};

// What was scored with one model lately: counts by the minute over an hour, and the latest odd
// rows. Takes some 20 KiB from the first request on, beside the rows. Thread-safe.
class ModelHistory {
 public:
  static constexpr size_t kMinutes = 60;
  // A row with a larger message is kept without its values.
  static constexpr size_t kMaxRowBytes = 64 << 10;

  // Bytes of kept rows, of all models.
  using RowBytes = std::atomic<uint64_t>;

  ModelHistory(const HistoryLimits& limits, std::shared_ptr<RowBytes> row_bytes)
      : limits_(limits), row_bytes_(std::move(row_bytes)) {}
  ~ModelHistory();
  ModelHistory(const ModelHistory&) = delete;
  ModelHistory& operator=(const ModelHistory&) = delete;

  // Counts a request that took `latency` and is answered at the steady time `now`; `in_force` as of
  // ScoreCounts::CountRows.
  void Count(const v1::ScoreResponse& response, absl::Duration latency, absl::Time now,
             const v1::ThresholdRecord* in_force = nullptr);

  // Whether a row that is no alarm is close to one: its p-value is at most five times alpha, and at
  // most a half.
  static bool IsNear(double p_value, double alpha);
  // Whether another alarm, or another row close to one, may be kept at the steady time `now`: no
  // more than five alarms and one other row a second. `true` counts as one that is.
  bool TakeTurn(bool is_alarm, absl::Time now);
  void Keep(ScoredRow row);

  struct Minute {
    absl::Time start;  // a steady time
    ScoreCounts counts;
  };
  // The last kMinutes minutes, the oldest first, the last one not over.
  std::vector<Minute> Minutes(absl::Time now) const;

  // The latest first.
  std::vector<KeptRow> Alarms() const ABSL_LOCKS_EXCLUDED(mutex_);
  std::vector<KeptRow> NearAlarms() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Remembers the columns of a row, if it is still kept.
  void SetColumns(uint64_t id, std::vector<ExplainedColumn> columns);

 private:
  // Steady time in minutes.
  static int64_t MinuteOf(absl::Time now);

  // The latest rows of one kind.
  struct Rows {
    std::deque<KeptRow> rows;  // the latest first
    int64_t second = 0;        // steady time, of the turns
    int turns = 0;             // rows that were taken in that second
  };
  // Bytes that a row takes; what it has beside its request is neglected.
  static uint64_t BytesOf(const ScoredRow& row) { return row.request.SpaceUsedLong(); }

  const HistoryLimits limits_;
  const std::shared_ptr<RowBytes> row_bytes_;

  mutable absl::Mutex mutex_;
  // Minute m is at m % kMinutes; null until something is counted.
  std::unique_ptr<std::array<ScoreCounts, kMinutes>> minutes_ ABSL_GUARDED_BY(mutex_);
  int64_t latest_minute_ ABSL_GUARDED_BY(mutex_) = 0;
  Rows alarms_ ABSL_GUARDED_BY(mutex_);
  Rows near_alarms_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
};

// Makes the histories of models, which share the memory for rows. Thread-safe.
class Histories {
 public:
  explicit Histories(const HistoryLimits& limits) : limits_(limits) {}

  std::shared_ptr<ModelHistory> Make() const {
    return std::make_shared<ModelHistory>(limits_, row_bytes_);
  }

 private:
  const HistoryLimits limits_;
  const std::shared_ptr<ModelHistory::RowBytes> row_bytes_ =
      std::make_shared<ModelHistory::RowBytes>(0);
};

}  // namespace advae

#endif  // ADVAE_SERVER_HISTORY_MODEL_HISTORY_H_
