#include "model/training/hyperparameters.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace advae {
namespace {

constexpr uint32_t kMaxLatentSize = 4096;
constexpr uint32_t kMaxDefaultLatentSize = 64;
constexpr uint32_t kMaxHiddenSize = 8192;
constexpr uint32_t kMaxBatchSize = 1'000'000;
constexpr uint32_t kMaxEpochs = 1'000'000;
constexpr double kMaxFloat = std::numeric_limits<float>::max();  // training computes in floats

constexpr uint32_t kDefaultHiddenSize = 128;
constexpr uint32_t kDefaultBatchSize = 128;
constexpr double kMaxDefaultLambda = 0.2;
constexpr double kDefaultLambdaTimesLatentSize = 1.4;
constexpr double kMaxDefaultLambdaPerVariance = 1.0 / 3;
constexpr double kDefaultGamma = 0.02;
constexpr double kDefaultMarginXShare = 0.15;        // of the total variance
constexpr double kDefaultMarginZPerDimension = 0.7;  // of the latent space
constexpr double kDefaultGeneratorWeight = 3;
constexpr double kDefaultLearningRate = 0.001;
constexpr uint64_t kDefaultMiniBatches = 3000;

absl::Status CheckSize(absl::string_view name, uint32_t value, uint32_t maximum) {
  if (value >= 1 && value <= maximum) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("hyper-parameter ", name, " is ", value, ", expected 1 to ", maximum));
}

absl::Status OutOfRange(absl::string_view name, double value, absl::string_view expected) {
  return absl::InvalidArgumentError(
      absl::StrCat("hyper-parameter ", name, " is ", value, ", expected ", expected));
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
  return status;
}

// max(1, round(d / 3)), at most 64.
uint32_t DefaultLatentSize(uint32_t features) {
  const auto third = static_cast<uint32_t>(std::lround(features / 3.0));
  return std::clamp(third, 1u, kMaxDefaultLatentSize);
}

// 1.4 / k weighs the divergence by its mean over the latent dimensions, at most by 0.2. Beyond a
// third of the total variance little would be worth encoding: few features need a smaller weight.
double DefaultLambda(uint32_t latent_size, double total_variance) {
  return std::min({kMaxDefaultLambda, kDefaultLambdaTimesLatentSize / latent_size,
                   kMaxDefaultLambdaPerVariance * total_variance});
}

// As many as give about kDefaultMiniBatches mini-batches, at least 1.
uint32_t DefaultEpochs(uint64_t rows, uint64_t batch_size) {
  const uint64_t batches = (rows + batch_size - 1) / batch_size;
  return static_cast<uint32_t>(
      std::max<uint64_t>(1, (kDefaultMiniBatches + batches / 2) / batches));
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
  if (!v1::Objective_IsValid(parameters.objective())) {
    return absl::InvalidArgumentError(absl::StrCat("hyper-parameter objective is ",
                                                   static_cast<int>(parameters.objective()),
                                                   ", expected ADVAE (1), VAE (2) or AE (3)"));
  }
  absl::Status status = CheckSizes(parameters);
  status.Update(CheckWeights(parameters));
  return status;
}

absl::StatusOr<v1::Hyperparameters> ResolveHyperparameters(v1::Hyperparameters p,
                                                           const TrainingDataSummary& data) {
  if (absl::Status status = ValidateHyperparameters(p); !status.ok()) return status;
  if (p.objective() == v1::OBJECTIVE_UNSPECIFIED) p.set_objective(v1::OBJECTIVE_ADVAE);
  if (!p.has_latent_size()) p.set_latent_size(DefaultLatentSize(data.features));
  if (!p.has_hidden_size()) p.set_hidden_size(kDefaultHiddenSize);
  if (!p.has_lambda()) p.set_lambda(DefaultLambda(p.latent_size(), data.total_variance));
  if (!p.has_gamma()) p.set_gamma(kDefaultGamma);
  if (!p.has_margin_x()) p.set_margin_x(kDefaultMarginXShare * data.total_variance);
  if (!p.has_margin_z()) p.set_margin_z(kDefaultMarginZPerDimension * p.latent_size());
  if (!p.has_generator_weight()) p.set_generator_weight(kDefaultGeneratorWeight);
  if (!p.has_learning_rate()) p.set_learning_rate(kDefaultLearningRate);
  if (!p.has_batch_size()) p.set_batch_size(kDefaultBatchSize);
  p.set_batch_size(static_cast<uint32_t>(std::min<uint64_t>(p.batch_size(), data.rows)));
  if (!p.has_epochs()) p.set_epochs(DefaultEpochs(data.rows, p.batch_size()));
  return p;
}

}  // namespace advae
