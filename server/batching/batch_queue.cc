#include "server/batching/batch_queue.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"
#include "server/base/retry_hint.h"
#include "server/batching/admission.h"

namespace advae {
namespace {

// A full queue of a usual model is empty after about as long.
constexpr absl::Duration kRetryAfter = absl::Milliseconds(200);

// How many times what they have queued other callers are expected to be served before a new task,
// at most.
constexpr double kOthersGrow = 4;

}  // namespace

absl::Status BatchQueue::Push(std::shared_ptr<ScoreTask> task, uint64_t caller, absl::Time now) {
  ADVAE_RETURN_IF_ERROR(Admit(*task, caller, now));
  Lane& lane = LaneFor(*task);
  Flow* flow = lane.Find(caller);
  if (flow == nullptr) {
    QueuedCaller& owner =
        callers_.try_emplace(caller, QueuedCaller{.served = level_}).first->second;
    flow = &lane.Add(caller, owner, next_place_++);
  }
  flow->caller.weight = task->work().caller.weight;
  const size_t rows = task->rows();
  lane.rows += rows;
  queued_rows_ += rows;
  flow->caller.rows += rows;
  flow->caller.work += task->multiply_adds();
  const size_t size_class = SizeClass(*task);
  flow->caller.work_of_class[size_class] += task->multiply_adds();
  flow->tasks[size_class].push_back(
      {.task = std::move(task), .arrival = next_arrival_++, .next_row = 0, .since = now});
  return absl::OkStatus();
}

absl::Status BatchQueue::Admit(const ScoreTask& task, uint64_t caller, absl::Time now) const {
  if (task.rows() > limits_.max_queued_rows - queued_rows_) {
    return WithRetryHint(
        absl::ResourceExhaustedError(absl::StrCat(
            "the scoring queue is full: ", queued_rows_, " rows are waiting, the request has ",
            task.rows(), " more, and the limit is ", limits_.max_queued_rows, "; retry later")),
        kRetryAfter);
  }
  const bool is_idle = queued_rows_ == 0 && running_ == 0;
  if (is_idle && !rate_.IsFresh(now)) return absl::OkStatus();
  const bool has_deadline = task.work().deadline != absl::InfiniteFuture();
  return CheckWait(task, WorkBefore(task, caller, has_deadline ? task.multiply_adds() : 0),
                   {.thread_rate = rate_.per_second(), .threads = threads_, .now = now}, limits_);
}

double BatchQueue::WorkBefore(const ScoreTask& task, uint64_t caller, double own) const {
  double before = running_work_;
  const double weight = task.work().caller.weight;
  double served = level_ + own / weight;
  if (const auto found = callers_.find(caller); found != callers_.end()) {
    const double ahead = found->second.WorkBefore(SizeClass(task), own);
    before += ahead;
    served = found->second.served + (ahead + own) / weight;
  }
  // Others have their turns until they were served more. While they wait, too, more comes of them.
  double turn = 0;
  for (const Lane& lane : lanes_) turn = std::max(turn, TurnWork(lane));
  for (const auto& [key, other] : callers_) {
    if (key == caller || other.served > served) continue;
    before += std::min(kOthersGrow * other.work, (served - other.served) * other.weight + turn);
  }
  return before;
}

Batch BatchQueue::PopReady(absl::Time now, PopOptions options) {
  Batch batch;
  const auto lane = NextLane(now, options);
  if (lane == lanes_.end()) return batch;

  level_ = std::max(level_, lane->Next().served);
  std::vector<Flow*> rest;
  size_t taken = 0;
  while (taken < lane->batch_rows && !lane->is_withdrawn()) {
    Flow& flow = lane->Next();
    lane->Withdraw(flow);
    taken += TakeTurn(*lane, flow, lane->batch_rows - taken, now, batch);
    if (flow.empty()) {
      if (flow.caller.rows == 0) callers_.erase(flow.key);
      lane->Remove(flow);
    } else {
      rest.push_back(&flow);
    }
  }
  for (Flow* flow : rest) lane->Return(*flow, next_place_++);
  batch.is_heavy = IsHeavy(*lane);
  batch.multiply_adds = static_cast<double>(taken) * lane->row_work;
  if (lane->empty()) lanes_.erase(lane);
  ++running_;
  running_work_ += RunningWork(batch);
  return batch;
}

void BatchQueue::Finish(const Batch& batch, double multiply_adds, absl::Duration elapsed,
                        absl::Time now) {
  --running_;
  running_work_ = running_ == 0 ? 0 : running_work_ - RunningWork(batch);
  rate_.Add(multiply_adds, elapsed, now);
}

absl::Time BatchQueue::NextDeadline() const {
  absl::Time next = absl::InfiniteFuture();
  for (const Lane& lane : lanes_) next = std::min(next, DueTime(lane));
  return next;
}

absl::Duration BatchQueue::Delay() const {
  double work = 0;
  for (const Lane& lane : lanes_) work += static_cast<double>(lane.rows) * lane.row_work;
  return absl::Seconds(work / (rate_.per_second() * threads_));
}

Lane& BatchQueue::LaneFor(const ScoreTask& task) {
  const LoadedVersion* const version = task.work().version.get();
  const auto found = std::find_if(lanes_.begin(), lanes_.end(),
                                  [&](const Lane& lane) { return lane.version == version; });
  if (found != lanes_.end()) return *found;
  const size_t row_work = std::max<size_t>(task.row_multiply_adds(), 1);
  const size_t rows = limits_.max_batch_multiply_adds / row_work;
  return lanes_.emplace_back(version, static_cast<double>(row_work),
                             std::clamp<size_t>(rows, 1, limits_.max_batch_rows));
}

absl::Time BatchQueue::DueTime(const Lane& lane) const {
  if (limits_.max_batch_delay == absl::ZeroDuration() || lane.begun_tasks > 0 ||
      lane.rows >= lane.batch_rows) {
    return absl::InfinitePast();
  }
  return lane.FirstArrival() + limits_.max_batch_delay;
}

BatchQueue::Lanes::iterator BatchQueue::NextLane(absl::Time now, PopOptions options) {
  auto next = lanes_.end();
  for (auto lane = lanes_.begin(); lane != lanes_.end(); ++lane) {
    if (options.spares_heavy && IsHeavy(*lane)) continue;
    if (!options.flush && DueTime(*lane) > now) continue;
    if (next == lanes_.end() || TakesTurnBefore()(&lane->Next(), &next->Next())) next = lane;
  }
  return next;
}

bool BatchQueue::IsHeavy(const Lane& lane) const {
  return lane.row_work > static_cast<double>(limits_.max_batch_multiply_adds);
}

double BatchQueue::TurnWork(const Lane& lane) const {
  // Others are served in the breaks of a heavy row.
  return std::min(lane.row_work * static_cast<double>(lane.batch_rows),
                  static_cast<double>(limits_.max_batch_multiply_adds));
}

double BatchQueue::RunningWork(const Batch& batch) const {
  return std::min(batch.multiply_adds, static_cast<double>(limits_.max_batch_multiply_adds));
}

size_t BatchQueue::TakeTurn(Lane& lane, Flow& flow, size_t quota, absl::Time now, Batch& batch) {
  size_t taken = 0;
  // The first half from the smallest, then the oldest, and the rest from the smallest again.
  const size_t oldest = flow.OldestClass();
  if (flow.tasks.size() > 1) {
    taken += Take(lane, flow, flow.tasks.begin()->first, (quota + 1) / 2, now, batch);
    taken += Take(lane, flow, oldest, quota - taken, now, batch);
  }
  while (taken < quota && !flow.empty()) {
    taken += Take(lane, flow, flow.tasks.begin()->first, quota - taken, now, batch);
  }
  flow.caller.served += static_cast<double>(taken) * lane.row_work / flow.caller.weight;
  return taken;
}

size_t BatchQueue::Take(Lane& lane, Flow& flow, size_t size_class, size_t quota, absl::Time now,
                        Batch& batch) {
  const auto found = flow.tasks.find(size_class);
  if (found == flow.tasks.end()) return 0;
  std::list<QueuedTask>& tasks = found->second;
  size_t taken = 0;
  while (taken < quota && !tasks.empty()) {
    QueuedTask& queued = tasks.front();
    size_t rows = std::min(quota - taken, queued.remaining());
    absl::Status given_up =
        GiveUpReason(*queued.task, static_cast<double>(rows) * lane.row_work, now);
    const bool is_dropped = !given_up.ok();
    if (is_dropped) rows = queued.remaining();
    if (queued.has_begun()) --lane.begun_tasks;
    CountTaken(lane, flow.caller, size_class, rows);
    (is_dropped ? batch.dropped : batch.slices)
        .push_back({.task = queued.task,
                    .first_row = queued.next_row,
                    .rows = rows,
                    .waited = now - queued.since,
                    .given_up = std::move(given_up)});
    if (!is_dropped) taken += rows;
    queued.next_row += rows;
    queued.since = now;
    if (queued.remaining() > 0) {
      ++lane.begun_tasks;
    } else {
      tasks.pop_front();
    }
  }
  if (tasks.empty()) flow.tasks.erase(found);
  return taken;
}

void BatchQueue::CountTaken(Lane& lane, QueuedCaller& caller, size_t size_class, size_t rows) {
  const double work = static_cast<double>(rows) * lane.row_work;
  lane.rows -= rows;
  queued_rows_ -= rows;
  caller.rows -= rows;
  caller.work -= work;
  caller.work_of_class[size_class] -= work;
}

absl::Status BatchQueue::GiveUpReason(const ScoreTask& task, double work, absl::Time now) const {
  ADVAE_RETURN_IF_ERROR(task.GiveUpReason(now));
  if (rate_.IsFresh(now) && now + absl::Seconds(work / rate_.per_second()) > task.work().deadline) {
    return absl::DeadlineExceededError("the deadline is too near to score the request in time");
  }
  return absl::OkStatus();
}

}  // namespace advae
