#include "experiments/baselines/discriminator.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "model/base/status_macros.h"
#include "model/networks/torch_errors.h"
#include "model/scoring/scaler.h"

namespace advae {
namespace {

constexpr size_t kSliceRows = 4096;  // scored at a time, to bound the memory

// Shares the memory of `rows`, which are only read: from_blob has no const form.
at::Tensor AsTensor(const Matrix& rows) {
  return at::from_blob(const_cast<float*>(rows.values.data()),
                       {static_cast<int64_t>(rows.rows()), static_cast<int64_t>(rows.columns)});
}

// A trained network with what it needs to score rows as they come.
struct TrainedDiscriminator {
  MinMaxScaler scaler;
  mutable torch::nn::Sequential network;  // only read; its forward() is not const
  ScoreOfOutput score_of_output;

  std::vector<double> Score(MatrixView rows) const {
    std::vector<double> scores;
    const absl::Status status = CatchTorchErrors("scoring", [&] {
      const c10::InferenceMode no_autograd;
      for (size_t first = 0; first < rows.rows; first += kSliceRows) {
        const Matrix scaled =
            scaler.Transform(rows.Slice(first, std::min(kSliceRows, rows.rows - first)));
        const at::Tensor outputs = network->forward(AsTensor(scaled)).to(at::kDouble);
        const at::Tensor slice = score_of_output(outputs).contiguous();
        scores.insert(scores.end(), slice.data_ptr<double>(),
                      slice.data_ptr<double>() + slice.numel());
      }
      return absl::OkStatus();
    });
    if (!status.ok()) scores.assign(rows.rows, std::numeric_limits<double>::quiet_NaN());
    return scores;
  }
};

absl::StatusOr<torch::nn::Sequential> TrainFrom(const FitInput& input, const MinMaxScaler& scaler,
                                                const DiscriminatorTraining& train) {
  absl::StatusOr<torch::nn::Sequential> network;
  ADVAE_RETURN_IF_ERROR(CatchTorchErrors("training", [&] {
    at::set_num_threads(1);
    auto random = at::make_generator<at::CPUGeneratorImpl>(input.seed);
    const Matrix scaled = scaler.Transform(input.rows);
    network = train(AsTensor(scaled), random);
    return network.status();
  }));
  return network;
}

}  // namespace

at::Tensor NegativeLogSigmoid(const at::Tensor& logits) { return at::softplus(-logits); }

at::Tensor Negative(const at::Tensor& outputs) { return -outputs; }

absl::StatusOr<FittedDetector> FitDiscriminator(const FitInput& input,
                                                const DiscriminatorTraining& train,
                                                ScoreOfOutput score_of_output) {
  ADVAE_ASSIGN_OR_RETURN(MinMaxScaler scaler, MinMaxScaler::Fit(input.rows));
  ADVAE_ASSIGN_OR_RETURN(torch::nn::Sequential network, TrainFrom(input, scaler, train));
  const auto discriminator = std::make_shared<const TrainedDiscriminator>(
      TrainedDiscriminator{std::move(scaler), std::move(network), score_of_output});

  std::vector<double> scores = discriminator->Score(input.rows);
  if (!std::ranges::all_of(scores, [](double score) { return std::isfinite(score); })) {
    return absl::InvalidArgumentError("training diverged: a score is not finite");
  }
  const double shift = std::max(0.0, -std::ranges::min(scores));
  for (double& score : scores) score += shift;
  ADVAE_ASSIGN_OR_RETURN(ScoreDistribution distribution, ScoreDistribution::Fit(std::move(scores)));
  return FittedDetector{
      .score =
          [discriminator, shift](MatrixView rows) {
            std::vector<double> scores = discriminator->Score(rows);
            for (double& score : scores) score += shift;
            return scores;
          },
      .distribution = std::make_shared<const ScoreDistribution>(std::move(distribution))};
}

}  // namespace advae
