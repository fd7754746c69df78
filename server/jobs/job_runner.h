#ifndef ADVAE_SERVER_JOBS_JOB_RUNNER_H_
#define ADVAE_SERVER_JOBS_JOB_RUNNER_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "advae/v1/job.pb.h"
#include "model/spec/job_spec.h"
#include "server/jobs/job_cancellation.h"
#include "server/metrics/metrics.h"
#include "server/models/model_table.h"

namespace advae {

struct JobRunnerOptions {
  // The advae-trainer program; a server without one does not train.
  std::filesystem::path trainer = {};
  // Threads of each worker's computation, at least 1.
  int64_t threads_per_job = 1;
  // Jobs that may hold a slot at once, at least 1.
  int64_t max_jobs = 2;
  // Bytes of memory that each job may take, beyond those of an idle worker.
  uint64_t max_memory_bytes = uint64_t{4} << 30;
};

// A deletion is no job, but keeps jobs away from its model.
enum class JobKind { kTraining, kImport, kDeletion };

// "training", "import" or "deletion".
const char* NameOf(JobKind kind);

// A job that holds a slot.
struct JobState {
  std::string model;
  JobKind kind;
  absl::Time start;  // of the wall clock: when it took its slot
  // Whether its rows are complete and its worker runs.
  bool is_running = false;
  std::optional<v1::TrainProgress> progress;  // the latest
};

// Trains and imports in worker processes, at most one at a time for each model. Thread-safe.
class JobRunner {
 public:
  // The right to run one job for a model, from the first message of its upload on. Given back at
  // the end of its life.
  class Slot {
   public:
    Slot(JobRunner& runner, std::string model, JobKind kind)
        : runner_(runner), model_(std::move(model)), kind_(kind) {}
    ~Slot() { runner_.Release(model_); }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

    const std::string& model() const { return model_; }
    JobKind kind() const { return kind_; }

   private:
    JobRunner& runner_;
    const std::string model_;
    const JobKind kind_;
  };

  struct Callbacks {
    std::function<void(const v1::JobEvent&)> on_event;
    // Called once, when the slot is free again. With a version when one was published, even when
    // the job was cancelled or its worker died right after that; the version's warnings tell, and
    // also when this server cannot load it. Must not block; may destroy what the callbacks refer
    // to.
    std::function<void(absl::StatusOr<v1::VersionInfo>)> on_done;
  };

  // `table` and `metrics` outlive the runner.
  JobRunner(JobRunnerOptions options, ModelTable& table, Metrics& metrics);
  // Cancels what runs and waits for its end. No slot may be left without a job.
  ~JobRunner();

  // kUnimplemented when the trainer is not installed; kFailedPrecondition when the repository is
  // only read, or the model has a job; kResourceExhausted, with a retry hint, when there are too
  // many.
  absl::StatusOr<std::unique_ptr<Slot>> Reserve(std::string_view model, JobKind kind);

  // Keeps jobs away from a model that is being deleted. kFailedPrecondition when it has one.
  absl::StatusOr<std::unique_ptr<Slot>> ReserveForDeletion(std::string_view model);

  // Where versions are published.
  const Repository& repository() const { return table_.repository(); }

  // See ModelTable. A version counts before its job has given back its slot.
  StoredUse StoredBy(std::string_view name) const { return table_.StoredBy(name); }

  // What a job may take now: of its process, and of this server when it takes the version up.
  JobMemoryLimits MemoryLimits() const;

  // True while the model has a job.
  bool IsBusy(std::string_view model) const;

  // All jobs that hold a slot, by model.
  std::vector<JobState> Jobs() const;

  // Runs `job` (its repository, threads and limits are filled in here) on a thread of its own,
  // until it ends or is cancelled. kResourceExhausted when the system gives no thread; then the
  // slot is free again, and no callback is called.
  absl::Status Start(std::unique_ptr<Slot> slot, v1::Job job,
                     std::shared_ptr<JobCancellation> cancellation, Callbacks callbacks);

 private:
  struct Running {
    std::thread thread;
    std::shared_ptr<JobCancellation> cancellation;
    bool ended = false;
  };

  absl::StatusOr<std::unique_ptr<Slot>> Occupy(std::string_view model, JobKind kind)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Release(const std::string& model);
  // Change what Jobs() tells of a job.
  void NoteRunning(const std::string& model);
  void NoteProgress(const std::string& model, const v1::TrainProgress& progress);
  void Run(std::unique_ptr<Slot> slot, const v1::Job& job, const JobCancellation& cancellation,
           const Callbacks& callbacks);
  // What came of a job that ended with `failure`: the version, when it had published it before,
  // else the failure.
  absl::StatusOr<v1::VersionInfo> PublishedNonetheless(const v1::Job& job, const std::string& model,
                                                       absl::Status failure) const;
  // The version as loaded from the repository. With a warning when it cannot be loaded: it is
  // published all the same.
  v1::VersionInfo TakeOver(v1::VersionInfo published);
  void JoinEnded() ABSL_LOCKS_EXCLUDED(mutex_);

  const JobRunnerOptions options_;
  ModelTable& table_;
  Metrics& metrics_;

  mutable absl::Mutex mutex_;
  std::map<std::string, JobState, std::less<>> busy_ ABSL_GUARDED_BY(mutex_);
  std::list<Running> running_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace advae

#endif  // ADVAE_SERVER_JOBS_JOB_RUNNER_H_
