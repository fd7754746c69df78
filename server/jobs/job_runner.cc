#include "server/jobs/job_runner.h"

#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "model/base/error_subject.h"
#include "server/base/private_paths.h"
#include "server/base/retry_hint.h"
#include "server/jobs/trainer_process.h"
#include "server/log/log.h"

namespace advae {
namespace {

constexpr absl::Duration kRetryAfter = absl::Seconds(10);

const char* Outcome(const absl::Status& status) {
  if (status.ok()) return "succeeded";
  return absl::IsCancelled(status) ? "cancelled" : "failed";
}

bool IsJob(const JobState& state) { return state.kind != JobKind::kDeletion; }

std::string RandomId() {
  std::random_device random;
  return absl::StrCat(absl::Hex(random(), absl::kZeroPad8), absl::Hex(random(), absl::kZeroPad8));
}

void LogWarnings(const v1::VersionInfo& version) {
  for (const std::string& warning : version.warnings()) {
    Log(LogLevel::kWarning, "possible problem of a version",
        {{"model", version.model()}, {"version", version.version()}, {"warning", warning}});
  }
}

}  // namespace

const char* NameOf(JobKind kind) {
  switch (kind) {
    case JobKind::kTraining:
      return "training";
    case JobKind::kImport:
      return "import";
    case JobKind::kDeletion:
      break;
  }
  return "deletion";
}

JobRunner::JobRunner(JobRunnerOptions options, ModelTable& table, Metrics& metrics)
    : options_(std::move(options)), table_(table), metrics_(metrics) {
  for (const JobKind kind : {JobKind::kTraining, JobKind::kImport}) {
    for (const char* outcome : {"succeeded", "failed", "cancelled"}) {
      metrics_.jobs().total.Add({{"kind", NameOf(kind)}, {"outcome", outcome}});
    }
  }
}

JobRunner::~JobRunner() {
  {
    absl::MutexLock lock(&mutex_);
    for (Running& job : running_) job.cancellation->Cancel();
    mutex_.Await(absl::Condition(
        +[](std::list<Running>* running) {
          return std::all_of(running->begin(), running->end(),
                             [](const Running& job) { return job.ended; });
        },
        &running_));
  }
  JoinEnded();
}

absl::StatusOr<std::unique_ptr<JobRunner::Slot>> JobRunner::Reserve(std::string_view model,
                                                                    JobKind kind) {
  if (absl::Status status = repository().CheckWritable(); !status.ok()) return status;
  if (access(options_.trainer.c_str(), X_OK) != 0) {
    return absl::UnimplementedError(
        absl::StrCat("this server only scores: its trainer program ", options_.trainer.string(),
                     " is not installed; train elsewhere into the same repository"));
  }
  absl::MutexLock lock(&mutex_);
  const auto jobs =
      std::ranges::count_if(busy_, [](const auto& entry) { return IsJob(entry.second); });
  if (jobs >= options_.max_jobs && !busy_.contains(model)) {
    return WithRetryHint(
        absl::ResourceExhaustedError(absl::StrCat(jobs,
                                                  " trainings or imports are running, which is "
                                                  "the limit (--max_jobs); retry later")),
        kRetryAfter);
  }
  return Occupy(model, kind);
}

absl::StatusOr<std::unique_ptr<JobRunner::Slot>> JobRunner::ReserveForDeletion(
    std::string_view model) {
  absl::MutexLock lock(&mutex_);
  return Occupy(model, JobKind::kDeletion);
}

absl::StatusOr<std::unique_ptr<JobRunner::Slot>> JobRunner::Occupy(std::string_view model,
                                                                   JobKind kind) {
  if (const auto found = busy_.find(model); found != busy_.end()) {
    return About(absl::FailedPreconditionError(absl::StrCat(
                     "model \"", found->first, "\" has a running ", NameOf(found->second.kind),
                     "; wait for it to end", IsJob(found->second) ? ", or cancel it" : "")),
                 {.model = found->first});
  }
  const std::string name(model);
  busy_.emplace(name, JobState{.model = name, .kind = kind, .start = absl::Now(), .progress = {}});
  return std::make_unique<Slot>(*this, name, kind);
}

JobMemoryLimits JobRunner::MemoryLimits() const {
  return {.process_bytes = options_.max_memory_bytes,
          .process_threads = static_cast<uint64_t>(options_.threads_per_job),
          .versions_bytes = table_.budget().bytes,
          .serving = table_.ServingMemory(),
          .scoring_threads = table_.budget().threads};
}

bool JobRunner::IsBusy(std::string_view model) const {
  absl::MutexLock lock(&mutex_);
  const auto found = busy_.find(model);
  return found != busy_.end() && IsJob(found->second);
}

void JobRunner::Release(const std::string& model) {
  absl::MutexLock lock(&mutex_);
  busy_.erase(model);
}

std::vector<JobState> JobRunner::Jobs() const {
  std::vector<JobState> jobs;
  absl::MutexLock lock(&mutex_);
  for (const auto& [model, job] : busy_) {
    if (IsJob(job)) jobs.push_back(job);
  }
  return jobs;
}

void JobRunner::NoteRunning(const std::string& model) {
  absl::MutexLock lock(&mutex_);
  busy_.at(model).is_running = true;
}

void JobRunner::NoteProgress(const std::string& model, const v1::TrainProgress& progress) {
  absl::MutexLock lock(&mutex_);
  busy_.at(model).progress = progress;
}

absl::Status JobRunner::Start(std::unique_ptr<Slot> slot, v1::Job job,
                              std::shared_ptr<JobCancellation> cancellation, Callbacks callbacks) {
  JoinEnded();
  job.set_repository(repository().root().string());
  job.set_repository_id(repository().id());
  job.set_id(RandomId());
  job.set_highest_known_version(table_.HighestVersion(slot->model()));
  job.set_threads(static_cast<uint32_t>(options_.threads_per_job));
  const JobMemoryLimits limits = MemoryLimits();
  const uint64_t taken = limits.serving.Total(limits.scoring_threads);
  job.set_max_memory_bytes(limits.process_bytes);
  job.set_max_version_bytes(limits.versions_bytes - std::min(limits.versions_bytes, taken));

  std::list<Running>::iterator running;
  {
    absl::MutexLock lock(&mutex_);
    running = running_.emplace(running_.end());
    running->cancellation = cancellation;
  }
  auto run = [this, running, slot = std::move(slot), job = std::move(job),
              cancellation = std::move(cancellation), callbacks = std::move(callbacks)]() mutable {
    Run(std::move(slot), job, *cancellation, callbacks);
    absl::MutexLock lock(&mutex_);
    running->ended = true;
  };
  try {
    std::thread thread(std::move(run));
    absl::MutexLock lock(&mutex_);
    running->thread = std::move(thread);
  } catch (const std::system_error& error) {
    absl::MutexLock lock(&mutex_);
    running_.erase(running);
    return WithRetryHint(absl::ResourceExhaustedError(absl::StrCat(
                             "the system gives no thread for the job (", error.what(), ")")),
                         kRetryAfter);
  }
  return absl::OkStatus();
}

void JobRunner::Run(std::unique_ptr<Slot> slot, const v1::Job& job,
                    const JobCancellation& cancellation, const Callbacks& callbacks) {
  const JobKind kind = slot->kind();
  const std::string model = slot->model();
  Log(LogLevel::kInfo, "job started",
      {{"kind", NameOf(kind)},
       {"model", model},
       {"rows", job.has_table() ? job.table().rows() : job.rows().rows()}});
  metrics_.jobs().running.Increment();
  NoteRunning(model);

  absl::StatusOr<v1::VersionInfo> result;
  {
    const std::shared_ptr<ModelMetrics> model_metrics = metrics_.ForModel(model);
    result = RunTrainerProcess(
        options_.trainer, job,
        [&](const v1::JobEvent& event) {
          if (event.has_progress()) {
            model_metrics->SetTrainingProgress(event.progress());
            NoteProgress(model, event.progress());
          }
          callbacks.on_event(event);
        },
        cancellation);
    if (result.ok()) LogWarnings(*result);
    if (!result.ok()) result = PublishedNonetheless(job, model, std::move(result).status());
    if (result.ok()) result = TakeOver(*std::move(result));
  }

  metrics_.jobs().running.Decrement();
  metrics_.jobs()
      .total.Add({{"kind", NameOf(kind)}, {"outcome", Outcome(result.status())}})
      .Increment();
  Log(result.ok() || absl::IsCancelled(result.status()) ? LogLevel::kInfo : LogLevel::kError,
      "job ended",
      {{"kind", NameOf(kind)},
       {"model", model},
       {"outcome", Outcome(result.status())},
       {"version", result.ok() ? absl::StrCat(result->version()) : "none"},
       {"message", absl::StrCat(result.status().message())}});
  slot.reset();
  callbacks.on_done(std::move(result));
}

absl::StatusOr<v1::VersionInfo> JobRunner::PublishedNonetheless(const v1::Job& job,
                                                                const std::string& model,
                                                                absl::Status failure) const {
  const auto published = repository().FindPublished(model, job.highest_known_version(), job.id());
  if (!published.ok()) {
    return absl::Status(failure.code(),
                        absl::StrCat(failure.message(), "; it is not known whether it had ",
                                     "published its version: ", published.status().message()));
  }
  if (!published->has_value()) return failure;
  v1::VersionInfo info = **published;
  LogWarnings(info);
  Log(LogLevel::kWarning, "job ended early after it had published",
      {{"model", model}, {"version", info.version()}, {"reason", failure.ToString()}});
  info.add_warnings(absl::StrCat("The version was published, but then its job ended early: ",
                                 failure.message(), ". It may not be the serving version."));
  return info;
}

v1::VersionInfo JobRunner::TakeOver(v1::VersionInfo published) {
  absl::Status status = table_.SyncModel(published.model());
  const auto found = table_.Find(published.model(), published.version());
  v1::VersionInfo version = published;
  if (found.ok()) {
    version = found->loaded->info();
  } else {
    status.Update(found.status());
    Log(LogLevel::kWarning, "published version not loaded",
        {{"model", published.model()},
         {"version", published.version()},
         {"reason", status.ToString()}});
    published.add_warnings(absl::StrCat(
        "The version is published, but this server has not loaded it yet: ", status.message()));
  }
  version.clear_warnings();
  for (const std::string& warning : published.warnings()) {
    version.add_warnings(WithoutPrivatePaths(warning));
  }
  return version;
}

void JobRunner::JoinEnded() {
  std::list<Running> ended;
  {
    absl::MutexLock lock(&mutex_);
    for (auto job = running_.begin(); job != running_.end();) {
      const auto next = std::next(job);
      // A short job may have ended before its thread was noted here.
      if (job->ended && job->thread.joinable()) ended.splice(ended.end(), running_, job);
      job = next;
    }
  }
  for (Running& job : ended) job.thread.join();
}

}  // namespace advae
