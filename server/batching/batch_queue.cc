#include "server/batching/batch_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/retry_hint.h"

namespace advae {
namespace {

// A full queue of a usual model is empty after about as long.
constexpr absl::Duration kRetryAfter = absl::Milliseconds(200);

size_t Rows(const std::vector<BatchSlice>& slices) {
  size_t rows = 0;
  for (const BatchSlice& slice : slices) rows += slice.rows;
  return rows;
}

}  // namespace

absl::Status BatchQueue::Push(std::shared_ptr<ScoreTask> task, absl::Time now) {
  const size_t rows = task->rows();
  if (rows > limits_.max_queued_rows - queued_rows_) {
    return WithRetryHint(
        absl::ResourceExhaustedError(absl::StrCat(
            "the scoring queue is full: ", queued_rows_, " rows wait, the request has ", rows,
            ", and at most ", limits_.max_queued_rows, " may wait; retry later")),
        kRetryAfter);
  }
  Lane& lane = LaneOf(task->work().detector.get());
  lane.fresh.push_back({.task = std::move(task), .next_row = 0, .since = now});
  lane.rows += rows;
  queued_rows_ += rows;
  return absl::OkStatus();
}

Batch BatchQueue::PopReady(absl::Time now, bool flush) {
  Batch batch;
  const auto lane = std::find_if(lanes_.begin(), lanes_.end(),
                                 [&](const Lane& lane) { return flush || DueTime(lane) <= now; });
  if (lane == lanes_.end()) return batch;

  const size_t limit = limits_.max_batch_rows;
  // A fresh task that is cut joins `begun` only after this batch, which holds one slice of it.
  std::deque<Entry> cut;
  Take(lane->fresh, cut, lane->begun.empty() ? limit : (limit + 1) / 2, now, batch);
  Take(lane->begun, cut, limit - Rows(batch.slices), now, batch);
  Take(lane->fresh, cut, limit - Rows(batch.slices), now, batch);
  std::move(cut.begin(), cut.end(), std::back_inserter(lane->begun));

  const size_t taken = Rows(batch.slices) + Rows(batch.dropped);
  lane->rows -= taken;
  queued_rows_ -= taken;
  if (lane->rows == 0) {
    lanes_.erase(lane);
  } else {
    lanes_.splice(lanes_.end(), lanes_, lane);
  }
  return batch;
}

absl::Time BatchQueue::NextDeadline() const {
  absl::Time next = absl::InfiniteFuture();
  for (const Lane& lane : lanes_) next = std::min(next, DueTime(lane));
  return next;
}

BatchQueue::Lane& BatchQueue::LaneOf(const Detector* detector) {
  const auto found = std::find_if(lanes_.begin(), lanes_.end(),
                                  [&](const Lane& lane) { return lane.detector == detector; });
  if (found != lanes_.end()) return *found;
  return lanes_.emplace_back(Lane{.detector = detector, .fresh = {}, .begun = {}, .rows = 0});
}

absl::Time BatchQueue::DueTime(const Lane& lane) const {
  if (!lane.begun.empty() || lane.rows >= limits_.max_batch_rows) return absl::InfinitePast();
  return lane.fresh.front().since + limits_.max_batch_delay;
}

void BatchQueue::Take(std::deque<Entry>& from, std::deque<Entry>& begun, size_t quota,
                      absl::Time now, Batch& batch) {
  while (quota > 0 && !from.empty()) {
    Entry entry = std::move(from.front());
    from.pop_front();
    const bool dropped = !entry.task->GiveUpReason(now).ok();
    const size_t rows = dropped ? entry.remaining() : std::min(quota, entry.remaining());
    (dropped ? batch.dropped : batch.slices)
        .push_back({.task = entry.task,
                    .first_row = entry.next_row,
                    .rows = rows,
                    .waited = now - entry.since});
    if (dropped) continue;
    quota -= rows;
    entry.next_row += rows;
    entry.since = now;
    if (entry.remaining() > 0) begun.push_back(std::move(entry));
  }
}

}  // namespace advae
