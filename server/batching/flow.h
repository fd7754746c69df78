#ifndef ADVAE_SERVER_BATCHING_FLOW_H_
#define ADVAE_SERVER_BATCHING_FLOW_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>

#include "absl/time/time.h"
#include "server/batching/score_task.h"

namespace advae {

// What a batch queue keeps: callers, and for each version the flows of their tasks, in turn.
// "Work" is multiply-adds. Not thread-safe.

// Tasks of one class differ in size by less than a factor of two: 0 for less than 2 multiply-adds.
inline constexpr size_t kSizeClasses = 64;
size_t SizeClass(const ScoreTask& task);

// A task that is queued, or the rest of it.
struct QueuedTask {
  std::shared_ptr<ScoreTask> task;
  uint64_t arrival = 0;  // ascending
  size_t next_row = 0;
  absl::Time since;  // arrival, or when the last slice was taken

  bool has_begun() const { return next_row > 0; }
  size_t remaining() const { return task->rows() - next_row; }
};

// A caller that has rows queued.
struct QueuedCaller {
  // What it was served for each unit of its weight, and on top of that what those had been that it
  // was level with when it came.
  double served = 0;
  double weight = 1;  // of the task that came last
  size_t rows = 0;    // queued
  double work = 0;    // of them
  std::array<double, kSizeClasses> work_of_class = {};

  // Work that is done before a new task of the class has had `own` of its.
  double WorkBefore(size_t size_class, double own) const;
};

// The tasks of one caller for one version.
struct Flow {
  const uint64_t key;  // of the caller
  QueuedCaller& caller;
  // `served` of the caller when the flow took its place, and its place among those with as much.
  double served;
  uint64_t place;
  std::map<size_t, std::list<QueuedTask>> tasks = {};  // by size class, then arrival

  bool empty() const { return tasks.empty(); }
  // The class of the task that arrived first.
  size_t OldestClass() const;
};

struct TakesTurnBefore {
  bool operator()(const Flow* a, const Flow* b) const {
    return a->served != b->served ? a->served < b->served : a->place < b->place;
  }
};

// The flows for one version.
class Lane {
 public:
  Lane(const LoadedVersion* version, double row_work, size_t batch_rows)
      : version(version), row_work(row_work), batch_rows(batch_rows) {}

  bool empty() const { return flows_.empty(); }
  // The flow of the caller with `key`, if it has one.
  Flow* Find(uint64_t key);
  // Adds one, in the last place among those that were served as much.
  Flow& Add(uint64_t key, QueuedCaller& caller, uint64_t place);
  // The flow whose turn is next. There is one.
  Flow& Next();
  // Between these the flow has no place.
  void Withdraw(Flow& flow) { in_turn_.erase(&flow); }
  void Return(Flow& flow, uint64_t place);
  // Of a flow that is withdrawn.
  void Remove(const Flow& flow) { flows_.erase(flow.key); }
  // Whether all flows are withdrawn.
  bool is_withdrawn() const { return in_turn_.empty(); }
  // When the first of the tasks arrived, of which none has begun.
  absl::Time FirstArrival() const;

  const LoadedVersion* const version;
  const double row_work;
  const size_t batch_rows;  // that a batch may have
  size_t rows = 0;          // queued
  size_t begun_tasks = 0;

 private:
  std::unordered_map<uint64_t, std::unique_ptr<Flow>> flows_;  // by key
  std::set<Flow*, TakesTurnBefore> in_turn_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_BATCHING_FLOW_H_
