#include "server/metrics/version_statistics.h"

#include <algorithm>

namespace advae {
namespace {

void Add(std::atomic<uint64_t>& count, uint64_t value) {
  count.fetch_add(value, std::memory_order_relaxed);
}

void Add(std::atomic<uint64_t>& nanoseconds, absl::Duration value) {
  Add(nanoseconds,
      static_cast<uint64_t>(absl::ToInt64Nanoseconds(std::max(value, absl::ZeroDuration()))));
}

uint64_t Get(const std::atomic<uint64_t>& count) { return count.load(std::memory_order_relaxed); }

absl::Duration TimeOf(const std::atomic<uint64_t>& nanoseconds) {
  return absl::Nanoseconds(Get(nanoseconds));
}

}  // namespace

void VersionStatistics::CountAnswer(size_t rows, const RequestTimes& times) {
  Add(answers_, 1);
  Add(rows_, rows);
  Add(input_, times.input);
  Add(queue_, times.queue);
  Add(scoring_, times.scoring);
  Add(output_, times.output);
}

void VersionStatistics::CountError(absl::Duration elapsed) {
  Add(errors_, 1);
  Add(error_time_, elapsed);
}

void VersionStatistics::CountBatch(size_t rows, absl::Duration elapsed, absl::Time now) {
  Add(batches_, 1);
  last_batch_.store(absl::ToUnixMillis(now), std::memory_order_relaxed);
  if (rows > kMaxListedRows) return;
  Add(by_rows_[rows - 1].count, 1);
  Add(by_rows_[rows - 1].scoring, elapsed);
}

VersionStatistics::Counts VersionStatistics::counts() const {
  Counts counts = {
      .answers = Get(answers_),
      .rows = Get(rows_),
      .times = {.input = TimeOf(input_),
                .queue = TimeOf(queue_),
                .scoring = TimeOf(scoring_),
                .output = TimeOf(output_)},
      .errors = Get(errors_),
      .error_time = TimeOf(error_time_),
      .batches = Get(batches_),
      .by_rows = {},
  };
  if (const int64_t last = last_batch_.load(std::memory_order_relaxed); last != 0) {
    counts.last_batch = absl::FromUnixMillis(last);
  }
  for (size_t i = 0; i < by_rows_.size(); ++i) {
    const BatchCounts& batches = by_rows_[i];
    if (const uint64_t count = Get(batches.count); count > 0) {
      counts.by_rows.push_back({.rows = i + 1, .count = count, .scoring = TimeOf(batches.scoring)});
    }
  }
  return counts;
}

}  // namespace advae
