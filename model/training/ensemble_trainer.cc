#include "model/training/ensemble_trainer.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "model/base/steady_clock.h"
#include "model/networks/torch_errors.h"
#include "model/training/ensemble_progress.h"
#include "model/training/trainer.h"
#include "proto/loss_terms.h"

namespace advae {
namespace {

// The members' seeds are this odd number apart, so that no two of an ensemble are the same.
constexpr uint64_t kSeedStep = 0x9e3779b97f4a7c15;

// For each row the member that is not trained on it.
std::vector<uint32_t> DealRows(size_t rows, uint32_t members, uint64_t seed) {
  std::vector<uint32_t> held_out_from(rows);
  for (size_t i = 0; i < rows; ++i) held_out_from[i] = static_cast<uint32_t>(i % members);
  std::mt19937_64 random(seed);
  for (size_t i = rows; i > 1; --i) std::swap(held_out_from[i - 1], held_out_from[random() % i]);
  return held_out_from;
}

Matrix RowsWithout(MatrixView rows, std::span<const uint32_t> held_out_from, uint32_t member) {
  Matrix others{.values = {}, .columns = rows.columns};
  others.values.reserve(rows.rows * rows.columns);
  for (size_t i = 0; i < rows.rows; ++i) {
    if (held_out_from[i] == member) continue;
    others.values.insert(others.values.end(), rows.row(i).begin(), rows.row(i).end());
  }
  return others;
}

absl::Status InMember(uint32_t member, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat("member ", member, ": ", status.message()));
}

// What a member tells the thread that waits for all.
struct Report {
  uint32_t member = 0;
  v1::TrainProgress progress;
  absl::Duration elapsed;  // since the member's start
};

// The training of all members: each thread takes the next member until none is left, or one has
// failed. The thread that waits passes on what they report.
class EnsembleRun {
 public:
  EnsembleRun(MatrixView scaled_rows, const v1::Hyperparameters& parameters,
              const EnsembleOptions& options)
      : rows_(scaled_rows),
        parameters_(parameters),
        seed_(options.seed),
        threads_(std::min(static_cast<uint32_t>(options.threads), parameters.ensemble_size())),
        working_(threads_),
        models_(parameters.ensemble_size(), absl::UnknownError("not trained")) {
    if (models_.size() > 1) {
      held_out_from_ = DealRows(rows_.rows, parameters.ensemble_size(), seed_);
    }
  }

  void Run(const std::function<void(const v1::TrainProgress&)>& on_progress) {
    std::vector<std::jthread> workers;  // joined at the end of the scope
    for (uint32_t i = 0; i < threads_; ++i) workers.emplace_back([this] { Work(); });
    EnsembleProgress progress(parameters_.ensemble_size(), threads_);
    for (std::vector<Report> reports = Wait(); !reports.empty(); reports = Wait()) {
      for (const Report& report : reports) {
        on_progress(progress.Add(report.member, report.progress, report.elapsed));
      }
    }
  }

  absl::StatusOr<TrainedEnsemble> Finish(absl::Time start) {
    const auto members = static_cast<uint32_t>(models_.size());
    TrainedEnsemble ensemble{.members = {.networks = {},
                                         .held_out_from = std::move(held_out_from_),
                                         .error_metric = parameters_.error_metric()},
                             .final_losses = {},
                             .duration = SteadyNow() - start};
    for (uint32_t member = 0; member < members; ++member) {
      absl::StatusOr<TrainedModel>& model = models_[member];
      if (!model.ok()) return members > 1 ? InMember(member, model.status()) : model.status();
      ensemble.members.networks.push_back(std::move(model->weights));
      AddScaled(model->final_losses, 1.0 / members, ensemble.final_losses);
    }
    return ensemble;
  }

 private:
  void Work() {
    while (true) {
      uint32_t member = 0;
      {
        const absl::MutexLock lock(&mutex_);
        if (next_ == models_.size() || has_failed_) {
          --working_;
          return;
        }
        member = next_++;
      }
      models_[member] = TrainMember(member);
      if (models_[member].ok()) continue;
      const absl::MutexLock lock(&mutex_);
      has_failed_ = true;
    }
  }

  absl::StatusOr<TrainedModel> TrainMember(uint32_t member) {
    const bool holds_out = models_.size() > 1;
    Matrix others;
    const absl::Status copied = CatchTorchErrors("training", [&] {
      if (holds_out) others = RowsWithout(rows_, held_out_from_, member);
      return absl::OkStatus();
    });
    if (!copied.ok()) return copied;
    const MatrixView rows = holds_out ? others.view() : rows_;
    const absl::Time start = SteadyNow();
    return Train(rows, MemberHyperparameters(parameters_, member, rows.rows),
                 seed_ + member * kSeedStep, [&](const v1::TrainProgress& progress) {
                   const absl::MutexLock lock(&mutex_);
                   reports_.push_back({member, progress, SteadyNow() - start});
                 });
  }

  // The next reports; none when all threads are done.
  std::vector<Report> Wait() {
    const absl::MutexLock lock(&mutex_);
    const auto has_news = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return !reports_.empty() || working_ == 0;
    };
    mutex_.Await(absl::Condition(&has_news));
    return std::exchange(reports_, {});
  }

  const MatrixView rows_;
  const v1::Hyperparameters& parameters_;
  const uint64_t seed_;
  const uint32_t threads_;
  std::vector<uint32_t> held_out_from_;

  absl::Mutex mutex_;
  uint32_t next_ ABSL_GUARDED_BY(mutex_) = 0;
  bool has_failed_ ABSL_GUARDED_BY(mutex_) = false;
  uint32_t working_ ABSL_GUARDED_BY(mutex_);  // threads
  std::vector<Report> reports_ ABSL_GUARDED_BY(mutex_);
  // Each written by the one thread that trains the member.
  std::vector<absl::StatusOr<TrainedModel>> models_;
};

}  // namespace

v1::Hyperparameters MemberHyperparameters(v1::Hyperparameters parameters, uint32_t member,
                                          uint64_t rows) {
  const uint32_t members = parameters.ensemble_size();
  if (members > 1) {
    const double position = static_cast<double>(member) / (members - 1) - 0.5;  // -1/2 to 1/2
    const double factor = std::pow(parameters.lambda_spread(), position);
    parameters.set_lambda(factor * parameters.lambda());
    parameters.set_gamma(factor * parameters.gamma());
  }
  parameters.set_batch_size(
      static_cast<uint32_t>(std::min<uint64_t>(parameters.batch_size(), rows)));
  return parameters;
}

absl::StatusOr<TrainedEnsemble> TrainEnsemble(
    MatrixView scaled_rows, const v1::Hyperparameters& parameters, const EnsembleOptions& options,
    const std::function<void(const v1::TrainProgress&)>& on_progress) {
  if (options.threads < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected at least 1 thread, got ", options.threads));
  }
  const absl::Time start = SteadyNow();
  EnsembleRun run(scaled_rows, parameters, options);
  run.Run(on_progress);
  return run.Finish(start);
}

}  // namespace advae
