#ifndef ADVAE_TESTS_SERVER_BATCHING_QUEUE_SIMULATION_H_
#define ADVAE_TESTS_SERVER_BATCHING_QUEUE_SIMULATION_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/scoring/latent_plan.h"
#include "server/batching/batch_queue.h"
#include "tests/testing/random_model.h"

namespace advae::testing {

// With another number of latent samples than the default, if it is given.
inline std::shared_ptr<const LoadedVersion> MakeVersion(const std::string& model,
                                                        std::optional<uint32_t> samples = {}) {
  VersionBundle bundle = *RandomBundle(model);
  if (samples) {
    v1::LatentPlanSpec spec;
    spec.set_samples(*samples);
    bundle.plan = *DrawLatentPlan(spec, bundle.plan.latent_size, /*default_seed=*/1);
  }
  return *LoadedVersion::Create(std::move(bundle));
}

// A queue looks at the shape of a task only, never at its rows.
inline std::shared_ptr<ScoreTask> MakeTask(std::shared_ptr<const LoadedVersion> version,
                                           size_t rows,
                                           absl::Time deadline = absl::InfiniteFuture(),
                                           ScoreCaller caller = {}) {
  return std::make_shared<ScoreTask>(ScoreWork{.version = std::move(version),
                                               .rows = {nullptr, rows, 3},
                                               .scores = {},
                                               .deadline = deadline,
                                               .caller = std::move(caller)},
                                     [](const absl::Status&) {});
}

// Scoring threads of a given speed behind a batch queue, in time of their own.
class QueueSimulation {
 public:
  struct Outcome {
    uint64_t caller;
    absl::Duration took;
  };

  // `speed` is in multiply-adds a second of one thread.
  QueueSimulation(BatchLimits limits, int threads, double speed)
      : queue_(limits, threads), speed_(speed), free_(threads, Start()) {}

  static absl::Time Start() { return absl::UnixEpoch(); }

  // A request comes at `now`, which never falls. False when it is refused.
  bool Arrive(std::shared_ptr<ScoreTask> task, uint64_t caller, absl::Time now) {
    RunUntil(now);
    if (!queue_.Push(task, caller, now).ok()) {
      ++refused_;
      return false;
    }
    open_[task.get()] = {caller, task->rows(), now};
    most_queued_ = std::max(most_queued_, queue_.Delay());
    return true;
  }

  // Lets the threads work until `now`.
  void RunUntil(absl::Time now) {
    for (;;) {
      const auto first_done =
          std::min_element(running_.begin(), running_.end(),
                           [](const Running& a, const Running& b) { return a.end < b.end; });
      const auto idle = std::min_element(free_.begin(), free_.end());
      if (idle != free_.end() && !queue_.empty()) {
        TakeBatch(std::max(*idle, now_));
        continue;
      }
      if (first_done == running_.end() || first_done->end > now) break;
      Finish(first_done);
    }
    now_ = now;
  }

  // In the order in which they were answered; expired ones are not.
  const std::vector<Outcome>& answered() const { return answered_; }
  size_t refused() const { return refused_; }
  size_t expired() const { return expired_; }
  // Answered after the deadline.
  size_t late() const { return late_; }
  absl::Duration most_queued() const { return most_queued_; }
  const BatchQueue& queue() const { return queue_; }

 private:
  struct Open {
    uint64_t caller;
    size_t rows;
    absl::Time arrival;
  };
  struct Running {
    Batch batch;
    absl::Time start;
    absl::Time end;
  };

  void TakeBatch(absl::Time now) {
    now_ = now;
    free_.erase(std::min_element(free_.begin(), free_.end()));
    Batch batch = queue_.PopReady(now);
    for (const BatchSlice& slice : batch.dropped) {
      open_.erase(slice.task.get());
      ++expired_;
    }
    const absl::Time end = now + absl::Seconds(batch.multiply_adds / speed_);
    running_.push_back({std::move(batch), now, end});
  }

  void Finish(std::vector<Running>::iterator running) {
    const Running done = std::move(*running);
    running_.erase(running);
    now_ = std::max(now_, done.end);
    queue_.Finish(done.batch, done.batch.multiply_adds, done.end - done.start, done.end);
    free_.push_back(done.end);
    for (const BatchSlice& slice : done.batch.slices) {
      const auto open = open_.find(slice.task.get());
      if (open == open_.end()) continue;
      open->second.rows -= slice.rows;
      if (open->second.rows > 0) continue;
      answered_.push_back({open->second.caller, done.end - open->second.arrival});
      late_ += done.end > slice.task->work().deadline ? 1 : 0;
      open_.erase(open);
    }
  }

  BatchQueue queue_;
  const double speed_;
  absl::Time now_ = Start();
  std::vector<absl::Time> free_;  // since when each idle thread is
  std::vector<Running> running_;
  std::map<const ScoreTask*, Open> open_;
  std::vector<Outcome> answered_;
  size_t refused_ = 0;
  size_t expired_ = 0;
  size_t late_ = 0;
  absl::Duration most_queued_ = absl::ZeroDuration();
};

}  // namespace advae::testing

#endif  // ADVAE_TESTS_SERVER_BATCHING_QUEUE_SIMULATION_H_
