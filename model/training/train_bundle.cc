#include "model/training/train_bundle.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "model/base/status_macros.h"
#include "model/distribution/score_distribution.h"
#include "model/fitting/drawn_rows.h"
#include "model/fitting/training_rows.h"
#include "model/fitting/usual_rows.h"
#include "model/scoring/missing_values.h"
#include "model/scoring/scaler.h"
#include "model/spec/hyperparameters.h"
#include "model/training/ensemble_trainer.h"
#include "model/training/training_report.h"

namespace advae {
namespace {

using ::google::protobuf::util::TimeUtil;

MissingRule RuleFor(const BundleOptions& options) {
  const bool may_miss = options.encoder != nullptr && !options.encoder->schema().strict();
  return may_miss ? MissingRule::kPassedOver : MissingRule::kRefused;
}

// What the networks train on: the rows, scaled; with `limited`, values outside the scaler's range
// are moved to its nearer end. `otherwise` stands in for values that are missing still.
Matrix ScaledRows(MatrixView rows, const MinMaxScaler& scaler, bool limited,
                  const std::optional<MissingValues>& otherwise) {
  Matrix scaled = limited ? scaler.Limit(rows)
                          : Matrix{.values = {rows.values, rows.values + rows.rows * rows.columns},
                                   .columns = rows.columns};
  for (size_t i = 0; i < scaled.rows(); ++i) {
    float* const row = scaled.values.data() + i * scaled.columns;
    for (size_t j = 0; otherwise && j < scaled.columns; ++j) {
      if (std::isnan(row[j])) row[j] = otherwise->imputed[j];
    }
    scaler.Transform(row, row);
  }
  return scaled;
}

// kInvalidArgument when too few rows stay for a distribution of their scores, which is fitted after
// the training.
absl::Status CheckKeptRows(size_t rows, double trimmed_share) {
  const auto trimmed = static_cast<size_t>(trimmed_share * static_cast<double>(rows));
  if (rows - trimmed >= 2) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("of ", rows, rows == 1 ? " row, " : " rows, ",
                                                 rows - trimmed, " is left after trimmed_share ",
                                                 trimmed_share, "; expected at least 2"));
}

// TrainBundle, but for the rows that are left out.
absl::StatusOr<VersionBundle> TrainOnAll(const BundleOptions& options,
                                         const v1::Hyperparameters& hyperparameters,
                                         MatrixView rows, const TrainingObserver& observer) {
  ADVAE_RETURN_IF_ERROR(CheckKeptRows(rows.rows, options.trimmed_share));
  BundleOptions bundle_options = options;
  bundle_options.memory_rows = ResolveMemoryRows(hyperparameters, rows.rows);
  bundle_options.latent_plan = WithDefaultSamples(options.latent_plan, bundle_options.memory_rows);
  const bool remembers = bundle_options.memory_rows > 0;
  const MissingRule rule = RuleFor(options);
  ADVAE_ASSIGN_OR_RETURN(MinMaxScaler scaler, remembers ? MinMaxScaler::FitRobust(rows, rule)
                                                        : MinMaxScaler::Fit(rows, rule));
  if (remembers) scaler = std::move(scaler).WithCompressedEnds();
  const TrainingRows training_rows = TrainingRows::Prepare(rows, options.encoder.get(), scaler,
                                                           NeighborhoodOptionsOf(bundle_options));
  Matrix scaled =
      ScaledRows(training_rows.complete(), scaler, /*limited=*/remembers, training_rows.missing());
  const TrainingDataSummary summary = TrainingDataSummary::Of(scaled.view());
  ADVAE_ASSIGN_OR_RETURN(const v1::Hyperparameters parameters,
                         ResolveHyperparameters(hyperparameters, summary));
  if (observer.on_start) observer.on_start(parameters);

  ADVAE_ASSIGN_OR_RETURN(
      TrainedEnsemble trained,
      TrainEnsemble(scaled.view(), parameters, {.seed = options.seed, .threads = options.threads},
                    [&](const v1::TrainProgress& progress) {
                      if (observer.on_progress) observer.on_progress(progress);
                    }));
  const std::optional<v1::HeldOutQuality> held_out =
      EvaluateHeldOut(trained.members, scaled.view());
  scaled = {};  // the memory is needed to score the rows

  ADVAE_ASSIGN_OR_RETURN(VersionBundle bundle, BuildBundle(bundle_options, training_rows,
                                                           trained.members, std::move(scaler)));
  v1::VersionInfo& info = bundle.info;
  info.set_origin(v1::ORIGIN_TRAINED);
  *info.mutable_hyperparameters() = parameters;
  const bool is_whitened = !bundle.ensemble.front().whitening.empty();
  info.mutable_hyperparameters()->set_error_metric(is_whitened ? v1::ERROR_METRIC_WHITENED
                                                               : v1::ERROR_METRIC_SQUARED);
  *info.mutable_final_losses() = trained.final_losses;
  if (held_out) *info.mutable_held_out() = *held_out;
  for (std::string& warning :
       TrainingWarnings(parameters, trained.final_losses, held_out, summary.total_variance)) {
    info.add_warnings(std::move(warning));
  }
  *info.mutable_training_duration() =
      TimeUtil::NanosecondsToDuration(absl::ToInt64Nanoseconds(trained.duration));
  return bundle;
}

}  // namespace

absl::StatusOr<VersionBundle> TrainBundle(const BundleOptions& options,
                                          const v1::Hyperparameters& hyperparameters,
                                          MatrixView rows, const TrainingObserver& observer) {
  ADVAE_RETURN_IF_ERROR(ValidateHyperparameters(hyperparameters));
  ADVAE_RETURN_IF_ERROR(ValidateTrimmedShare(options.trimmed_share));
  if (hyperparameters.contamination() == 0) {
    return TrainOnAll(options, hyperparameters, rows, observer);
  }
  ADVAE_ASSIGN_OR_RETURN(const std::vector<uint32_t> kept,
                         FindUsualRows(rows, {.contamination = hyperparameters.contamination(),
                                              .seed = options.seed,
                                              .threads = options.threads,
                                              .missing = RuleFor(options)}));
  const Matrix usual = CopyRows(rows, kept);
  ADVAE_ASSIGN_OR_RETURN(VersionBundle bundle,
                         TrainOnAll(options, hyperparameters, usual.view(), observer));
  BundleOptions all_options = options;
  all_options.trimmed_share = std::max(options.trimmed_share, hyperparameters.contamination());
  ADVAE_RETURN_IF_ERROR(AddLeftOutRows(all_options, rows, kept, bundle));
  return bundle;
}

}  // namespace advae
