#include "tests/model/training/reference_scorer.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/networks/torch_errors.h"
#include "model/networks/torch_headers.h"
#include "tests/model/networks/reference_networks.h"

namespace advae {
namespace {

// Rows of a chunk times samples: bounds the memory of a hidden layer to some megabytes.
constexpr size_t kMaxSamplesOfChunk = 1 << 16;

absl::Status CheckSizes(const NetworkWeights& weights, const MinMaxScaler& scaler,
                        const LatentPlan& plan, MatrixView rows) {
  if (absl::Status status = weights.Validate(); !status.ok()) return status;
  if (scaler.columns() != weights.features() || rows.columns != weights.features() ||
      plan.latent_size != weights.latent_size() || plan.samples == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("the networks take ", weights.features(), " features and a latent size of ",
                     weights.latent_size(), "; the scaler has ", scaler.columns(),
                     " columns, the rows ", rows.columns, ", the latent plan a size of ",
                     plan.latent_size, " and ", plan.samples, " samples"));
  }
  return absl::OkStatus();
}

at::Tensor ScaledRows(const MinMaxScaler& scaler, MatrixView rows) {
  at::Tensor scaled =
      at::empty({static_cast<int64_t>(rows.rows), static_cast<int64_t>(rows.columns)}, at::kFloat);
  for (size_t i = 0; i < rows.rows; ++i) {
    scaler.Transform(rows.row(i).data(), scaled.data_ptr<float>() + i * rows.columns);
  }
  return scaled.to(at::kDouble);
}

// Scores of the scaled rows `x` [n, d] with the draws `eps` [L, k], size n.
at::Tensor Score(const Encoder& encoder, const Generator& generator, const at::Tensor& x,
                 const at::Tensor& eps) {
  const Gaussian encoded = encoder(x);
  const at::Tensor sigma = (0.5 * encoded.log_variance).exp();
  const at::Tensor z = encoded.mean.unsqueeze(1) + sigma.unsqueeze(1) * eps;  // [n, L, k]
  const at::Tensor reconstructions = generator(z.flatten(0, 1));              // [n * L, d]
  const at::Tensor mean = reconstructions.reshape({x.size(0), eps.size(0), x.size(1)}).mean(1);
  return (x - mean).square().sum(1);
}

}  // namespace

absl::StatusOr<std::vector<double>> ReferenceScores(const NetworkWeights& weights,
                                                    const MinMaxScaler& scaler,
                                                    const LatentPlan& plan, MatrixView rows) {
  if (absl::Status status = CheckSizes(weights, scaler, plan, rows); !status.ok()) return status;
  std::vector<double> scores(rows.rows);
  const absl::Status status = CatchTorchErrors("reference scoring", [&] {
    const at::NoGradGuard no_grad;
    const Encoder encoder = Encoder::FromWeights(weights.encoder);
    const Generator generator = Generator::FromWeights(weights.generator);
    const at::Tensor eps =
        at::tensor(plan.points, at::kDouble)
            .reshape({static_cast<int64_t>(plan.samples), static_cast<int64_t>(plan.latent_size)});
    const size_t chunk = std::max<size_t>(1, kMaxSamplesOfChunk / plan.samples);
    for (size_t first = 0; first < rows.rows; first += chunk) {
      const MatrixView part = rows.Slice(first, std::min(chunk, rows.rows - first));
      const at::Tensor s = Score(encoder, generator, ScaledRows(scaler, part), eps);
      std::copy_n(s.contiguous().data_ptr<double>(), part.rows, scores.begin() + first);
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return scores;
}

}  // namespace advae
