#include "model/training/trainer.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"
#include "model/base/steady_clock.h"
#include "model/networks/torch_errors.h"
#include "model/networks/torch_headers.h"
#include "model/training/objective.h"
#include "model/training/objective_factory.h"
#include "model/training/progress_meter.h"
#include "proto/loss_terms.h"

namespace advae {
namespace {

using ProgressCallback = std::function<void(const v1::TrainProgress&)>;

absl::Status Diverged(uint32_t epoch, const v1::Hyperparameters& parameters) {
  return absl::InvalidArgumentError(
      absl::StrCat("training diverged in epoch ", epoch, " of ", parameters.epochs(),
                   ": a loss or weight is no longer finite; a smaller learning_rate than ",
                   parameters.learning_rate(), " or smaller loss weights and margins are needed"));
}

// From learning_rate at the first step to zero after the last along a half cosine.
double DecayedLearningRate(double learning_rate, uint64_t step, uint64_t steps) {
  const double share = static_cast<double>(step) / static_cast<double>(steps);
  return learning_rate / 2 * (1 + std::cos(std::numbers::pi * share));
}

// A training from its first to its last mini-batch.
class TrainingRun {
 public:
  TrainingRun(MatrixView scaled_rows, const v1::Hyperparameters& parameters, uint64_t seed)
      : parameters_(parameters),
        // Nothing writes to the rows; from_blob only has no const form.
        rows_(at::from_blob(
            const_cast<float*>(scaled_rows.values),
            {static_cast<int64_t>(scaled_rows.rows), static_cast<int64_t>(scaled_rows.columns)})),
        random_(at::make_generator<at::CPUGeneratorImpl>(seed)),
        objective_(CreateObjective(parameters, rows_.size(1), random_)),
        start_(SteadyNow()),
        progress_(parameters.epochs(), scaled_rows.rows, start_) {}

  absl::Status Run(const ProgressCallback& on_progress) {
    for (uint32_t epoch = 1; epoch <= parameters_.epochs(); ++epoch) {
      ADVAE_RETURN_IF_ERROR(RunEpoch(epoch, on_progress));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<TrainedModel> Finish(const ProgressCallback& on_progress) {
    const absl::Time now = SteadyNow();
    NetworkWeights weights = objective_->Weights();
    if (!weights.Validate().ok()) return Diverged(parameters_.epochs(), parameters_);
    const v1::TrainProgress progress = progress_.Report(now);
    on_progress(progress);
    return TrainedModel{
        .weights = std::move(weights), .final_losses = progress.losses(), .duration = now - start_};
  }

 private:
  absl::Status RunEpoch(uint32_t epoch, const ProgressCallback& on_progress) {
    const int64_t rows = rows_.size(0);
    const int64_t batch_size = parameters_.batch_size();
    const uint64_t batches = static_cast<uint64_t>((rows + batch_size - 1) / batch_size);
    uint64_t step = (epoch - 1) * batches;
    const at::Tensor order = at::randperm(rows, random_, at::kLong);
    for (int64_t first = 0; first < rows; first += batch_size, ++step) {
      const int64_t size = std::min(batch_size, rows - first);
      const at::Tensor batch = rows_.index_select(0, order.narrow(0, first, size));
      const v1::LossTerms losses = objective_->Step(
          batch,
          DecayedLearningRate(parameters_.learning_rate(), step, parameters_.epochs() * batches));
      if (!AllFinite(losses)) return Diverged(epoch, parameters_);
      progress_.AddBatch(losses, static_cast<uint64_t>(size));
      if (progress_.IsDue(SteadyNow())) on_progress(progress_.Report(SteadyNow()));
    }
    progress_.EndEpoch();
    return absl::OkStatus();
  }

  const v1::Hyperparameters& parameters_;
  const at::Tensor rows_;
  at::Generator random_;
  const std::unique_ptr<TrainingObjective> objective_;
  const absl::Time start_;
  ProgressMeter progress_;
};

}  // namespace

absl::StatusOr<TrainedModel> Train(MatrixView scaled_rows, const v1::Hyperparameters& parameters,
                                   uint64_t seed, const ProgressCallback& on_progress) {
  if (scaled_rows.rows == 0 || scaled_rows.columns == 0) {
    return absl::InvalidArgumentError("there are no rows to train on");
  }
  absl::StatusOr<TrainedModel> model;
  ADVAE_RETURN_IF_ERROR(CatchTorchErrors("training", [&]() -> absl::Status {
    at::set_num_threads(1);
    const c10::InferenceMode no_autograd;
    TrainingRun run(scaled_rows, parameters, seed);
    ADVAE_RETURN_IF_ERROR(run.Run(on_progress));
    model = run.Finish(on_progress);
    return model.status();
  }));
  return model;
}

}  // namespace advae
