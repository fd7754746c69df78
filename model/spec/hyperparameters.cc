#include "model/spec/hyperparameters.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "model/base/error_subject.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

constexpr uint32_t kMaxLatentSize = 4096;
constexpr uint32_t kMaxDefaultLatentSize = 64;
constexpr uint32_t kMaxHiddenSize = 8192;
constexpr uint32_t kMaxBatchSize = 1'000'000;
constexpr uint32_t kMaxEpochs = 1'000'000;
constexpr double kMaxFloat = std::numeric_limits<float>::max();  // training computes in floats

// Beside a memory of training rows, and without one.
constexpr uint32_t kHiddenSizeWithMemory = 32;
constexpr uint32_t kHiddenSizeWithoutMemory = 128;
constexpr uint32_t kDefaultBatchSize = 128;
constexpr double kDefaultLambdaPerVariance = 0.4;  // of a feature, on average
constexpr double kDefaultGammaPerLambda = 0.2;
constexpr double kDefaultMarginXShare = 0.15;        // of the total variance
constexpr double kDefaultMarginZPerDimension = 0.7;  // of the latent space
constexpr double kDefaultGeneratorWeight = 3;
constexpr double kDefaultLearningRate = 0.001;
constexpr uint64_t kDefaultMiniBatches = 3000;
constexpr uint64_t kMinDefaultMiniBatches = 500;
constexpr uint64_t kWideFeatures = 400;
constexpr uint32_t kMaxEnsembleSize = 64;
constexpr uint32_t kEnsembleSizeWithMemory = 3;
constexpr uint32_t kEnsembleSizeWithoutMemory = 6;
constexpr uint32_t kMaxMemoryRows = 1'000'000;
constexpr uint32_t kDefaultMemoryRows = 16'384;
constexpr uint32_t kSamplesWithMemory = 8;
constexpr double kMaxLambdaSpread = 1e6;
constexpr double kDefaultLambdaSpread = 6;

template <typename Value>
absl::Status OutOfRange(absl::string_view name, Value value, absl::string_view expected) {
  return AtField(absl::InvalidArgumentError(absl::StrCat("hyper-parameter ", name, " is ", value,
                                                         ", expected ", expected)),
                 std::string(name));
}

absl::Status CheckSize(absl::string_view name, uint32_t value, uint32_t maximum) {
  if (value >= 1 && value <= maximum) return absl::OkStatus();
  return OutOfRange(name, value, absl::StrCat("1 to ", maximum));
}

absl::Status CheckNotNegative(absl::string_view name, double value) {
  if (value >= 0 && value <= kMaxFloat) return absl::OkStatus();
  return OutOfRange(name, value, "a finite float of at least 0");
}

absl::Status CheckSizes(const v1::Hyperparameters& p) {
  absl::Status status;
  if (p.has_latent_size()) status.Update(CheckSize("latent_size", p.latent_size(), kMaxLatentSize));
  if (p.has_hidden_size()) status.Update(CheckSize("hidden_size", p.hidden_size(), kMaxHiddenSize));
  if (p.has_batch_size()) status.Update(CheckSize("batch_size", p.batch_size(), kMaxBatchSize));
  if (p.has_epochs()) status.Update(CheckSize("epochs", p.epochs(), kMaxEpochs));
  if (p.has_ensemble_size()) {
    status.Update(CheckSize("ensemble_size", p.ensemble_size(), kMaxEnsembleSize));
  }
  status.Update(ValidateMemoryRows(p.memory_rows()));
  return status;
}

absl::Status CheckWeights(const v1::Hyperparameters& p) {
  absl::Status status;
  if (p.has_lambda()) status.Update(CheckNotNegative("lambda", p.lambda()));
  if (p.has_gamma()) status.Update(CheckNotNegative("gamma", p.gamma()));
  if (p.has_margin_x()) status.Update(CheckNotNegative("margin_x", p.margin_x()));
  if (p.has_margin_z()) status.Update(CheckNotNegative("margin_z", p.margin_z()));
  if (p.has_generator_weight() &&
      !(p.generator_weight() > 0 && p.generator_weight() <= kMaxFloat)) {
    status.Update(OutOfRange("generator_weight", p.generator_weight(), "a finite float above 0"));
  }
  if (p.has_learning_rate() && !(p.learning_rate() > 0 && p.learning_rate() <= 1)) {
    status.Update(OutOfRange("learning_rate", p.learning_rate(), "above 0 and at most 1"));
  }
  if (p.has_lambda_spread() && !(p.lambda_spread() >= 1 && p.lambda_spread() <= kMaxLambdaSpread)) {
    status.Update(OutOfRange("lambda_spread", p.lambda_spread(), "1 to 1000000"));
  }
  if (!(p.contamination() >= 0 && p.contamination() < 0.5)) {
    status.Update(OutOfRange("contamination", p.contamination(), "0 or more and less than 0.5"));
  }
  return status;
}

absl::Status CheckEnums(const v1::Hyperparameters& p) {
  if (!v1::Objective_IsValid(p.objective())) {
    return OutOfRange("objective", static_cast<int>(p.objective()),
                      "ADVAE (1), VAE (2), AE (3), ENCODER_ONLY (4) or GENERATOR_ONLY (5)");
  }
  if (!v1::ErrorMetric_IsValid(p.error_metric())) {
    return OutOfRange("error_metric", static_cast<int>(p.error_metric()),
                      "SQUARED (1), WHITENED (2) or AUTOMATIC (3)");
  }
  return absl::OkStatus();
}

// max(1, round(d / 3)), at most 64.
uint32_t DefaultLatentSize(uint32_t features) {
  const auto third = static_cast<uint32_t>(std::lround(features / 3.0));
  return std::clamp(third, 1u, kMaxDefaultLatentSize);
}

uint32_t DefaultEnsembleSize(const v1::Hyperparameters& p) {
  const bool is_baseline = p.objective() == v1::OBJECTIVE_VAE || p.objective() == v1::OBJECTIVE_AE;
  if (is_baseline) return 1;
  return p.memory_rows() > 0 ? kEnsembleSizeWithMemory : kEnsembleSizeWithoutMemory;
}

// A mini-batch takes the longer, the more features there are: beyond kWideFeatures there are fewer
// of them, so that a training takes about as long.
uint64_t DefaultMiniBatches(uint32_t features) {
  if (features <= kWideFeatures) return kDefaultMiniBatches;
  return std::max(kMinDefaultMiniBatches, kDefaultMiniBatches * kWideFeatures / features);
}

// As many as give about DefaultMiniBatches, at least 1.
uint32_t DefaultEpochs(const TrainingDataSummary& data, uint64_t batch_size) {
  const uint64_t batches = (data.rows + batch_size - 1) / batch_size;
  return static_cast<uint32_t>(
      std::max<uint64_t>(1, (DefaultMiniBatches(data.features) + batches / 2) / batches));
}

}  // namespace

TrainingDataSummary TrainingDataSummary::Of(MatrixView scaled_rows) {
  // Welford's running mean and sum of squared differences, feature by feature.
  std::vector<double> mean(scaled_rows.columns);
  double squares = 0;
  for (size_t i = 0; i < scaled_rows.rows; ++i) {
    const std::span<const float> row = scaled_rows.row(i);
    for (size_t j = 0; j < row.size(); ++j) {
      const double difference = row[j] - mean[j];
      mean[j] += difference / static_cast<double>(i + 1);
      squares += difference * (row[j] - mean[j]);
    }
  }
  return {.rows = scaled_rows.rows,
          .features = static_cast<uint32_t>(scaled_rows.columns),
          .total_variance = squares / static_cast<double>(scaled_rows.rows)};
}

absl::Status ValidateHyperparameters(const v1::Hyperparameters& parameters) {
  absl::Status status = CheckEnums(parameters);
  status.Update(CheckSizes(parameters));
  status.Update(CheckWeights(parameters));
  return status;
}

absl::StatusOr<v1::Hyperparameters> ResolveHyperparameters(v1::Hyperparameters p,
                                                           const TrainingDataSummary& data) {
  ADVAE_RETURN_IF_ERROR(ValidateHyperparameters(p));
  if (p.objective() == v1::OBJECTIVE_UNSPECIFIED) p.set_objective(v1::OBJECTIVE_ADVAE);
  if (!p.has_latent_size()) p.set_latent_size(DefaultLatentSize(data.features));
  p.set_memory_rows(ResolveMemoryRows(p, data.rows));
  if (!p.has_hidden_size()) {
    p.set_hidden_size(p.memory_rows() > 0 ? kHiddenSizeWithMemory : kHiddenSizeWithoutMemory);
  }
  if (!p.has_lambda())
    p.set_lambda(kDefaultLambdaPerVariance * data.total_variance / data.features);
  if (!p.has_gamma()) p.set_gamma(kDefaultGammaPerLambda * p.lambda());
  if (!p.has_margin_x()) p.set_margin_x(kDefaultMarginXShare * data.total_variance);
  if (!p.has_margin_z()) p.set_margin_z(kDefaultMarginZPerDimension * p.latent_size());
  if (!p.has_generator_weight()) p.set_generator_weight(kDefaultGeneratorWeight);
  if (!p.has_learning_rate()) p.set_learning_rate(kDefaultLearningRate);
  if (!p.has_batch_size()) p.set_batch_size(kDefaultBatchSize);
  p.set_batch_size(static_cast<uint32_t>(std::min<uint64_t>(p.batch_size(), data.rows)));
  if (!p.has_epochs()) p.set_epochs(DefaultEpochs(data, p.batch_size()));
  if (!p.has_ensemble_size()) p.set_ensemble_size(DefaultEnsembleSize(p));
  if (!p.has_lambda_spread()) p.set_lambda_spread(kDefaultLambdaSpread);
  if (p.error_metric() == v1::ERROR_METRIC_UNSPECIFIED) {
    p.set_error_metric(p.ensemble_size() > 1 ? v1::ERROR_METRIC_AUTOMATIC
                                             : v1::ERROR_METRIC_SQUARED);
  }
  if (p.contamination() == 0) p.clear_contamination();
  return p;
}

absl::Status ValidateMemoryRows(uint32_t rows) {
  if (rows != 1 && rows <= kMaxMemoryRows) return absl::OkStatus();
  return OutOfRange("memory_rows", rows, absl::StrCat("0, or 2 to ", kMaxMemoryRows));
}

uint32_t ResolveMemoryRows(const v1::Hyperparameters& parameters, uint64_t rows) {
  const bool is_advae = parameters.objective() == v1::OBJECTIVE_UNSPECIFIED ||
                        parameters.objective() == v1::OBJECTIVE_ADVAE;
  const uint32_t usual = is_advae ? kDefaultMemoryRows : 0;
  const uint32_t wanted = parameters.has_memory_rows() ? parameters.memory_rows() : usual;
  return static_cast<uint32_t>(std::min<uint64_t>(wanted, rows));
}

v1::LatentPlanSpec WithDefaultSamples(v1::LatentPlanSpec plan, uint32_t memory_rows) {
  const bool is_sobol = plan.sampler() != v1::SAMPLER_MONTE_CARLO;
  if (memory_rows > 0 && is_sobol && !plan.has_samples()) plan.set_samples(kSamplesWithMemory);
  return plan;
}

}  // namespace advae
