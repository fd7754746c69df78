#include "model/training/training_report.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

#include "absl/strings/str_format.h"
#include "model/networks/losses.h"

namespace advae {
namespace {

constexpr size_t kMaxRowsOfMember = 1000;
constexpr double kCollapsedKldPerDimension = 0.01;
constexpr double kOverfittedErrorRatio = 3;

std::vector<float> Dense(const DenseLayer& layer, std::span<const float> input) {
  std::vector<float> output = layer.bias;
  for (size_t o = 0; o < layer.outputs; ++o) {
    const float* const weights = layer.weight.data() + o * layer.inputs;
    for (size_t i = 0; i < layer.inputs; ++i) output[o] += weights[i] * input[i];
  }
  return output;
}

std::vector<float> DenseRelu(const DenseLayer& layer, std::span<const float> input) {
  std::vector<float> output = Dense(layer, input);
  for (float& value : output) value = std::max(value, 0.0f);
  return output;
}

// Adds the terms of row x.
void AddRow(const NetworkWeights& networks, std::span<const float> x, v1::HeldOutQuality& sums) {
  const EncoderWeights& e = networks.encoder;
  const GeneratorWeights& g = networks.generator;
  const std::vector<float> hidden = DenseRelu(e.hidden2, DenseRelu(e.hidden1, x));
  const std::vector<float> mean = Dense(e.mean, hidden);
  const std::vector<float> log_variance = Dense(e.log_variance, hidden);
  std::vector<float> variance = log_variance;
  for (float& value : variance) value = std::exp(value);
  std::vector<float> reconstruction =
      Dense(g.output, DenseRelu(g.hidden2, DenseRelu(g.hidden1, mean)));
  for (float& value : reconstruction) value = 1 / (1 + std::exp(-value));
  sums.set_rows(sums.rows() + 1);
  sums.set_reconstruction(sums.reconstruction() + SquaredError(x, reconstruction));
  sums.set_kld(sums.kld() + KlDivergence({mean, log_variance, variance}));
}

}  // namespace

std::optional<v1::HeldOutQuality> EvaluateHeldOut(const TrainedMembers& members,
                                                  MatrixView scaled_rows) {
  if (members.held_out_from.empty()) return std::nullopt;
  v1::HeldOutQuality quality;
  std::vector<size_t> rows_of_member(members.networks.size());
  for (size_t i = 0; i < scaled_rows.rows; ++i) {
    const uint32_t member = members.held_out_from[i];
    if (++rows_of_member[member] > kMaxRowsOfMember) continue;
    AddRow(members.networks[member], scaled_rows.row(i), quality);
  }
  const auto rows = static_cast<double>(quality.rows());
  quality.set_reconstruction(quality.reconstruction() / rows);
  quality.set_kld(quality.kld() / rows);
  return quality;
}

std::vector<std::string> TrainingWarnings(const v1::Hyperparameters& parameters,
                                          const v1::LossTerms& losses,
                                          const std::optional<v1::HeldOutQuality>& held_out,
                                          double total_variance) {
  std::vector<std::string> warnings;
  const double kld = losses.encoder_kld();
  if (parameters.objective() != v1::OBJECTIVE_AE &&
      kld < kCollapsedKldPerDimension * parameters.latent_size()) {
    warnings.push_back(absl::StrFormat(
        "the latent space collapsed: the mean KLD(E(x)) is %.3g with %d latent dimensions, so that "
        "all rows are reconstructed alike; a smaller lambda may help",
        kld, parameters.latent_size()));
  }
  const double error = losses.encoder_reconstruction();
  if (error >= total_variance && total_variance > 0) {
    warnings.push_back(absl::StrFormat(
        "the networks reconstruct training rows with a mean squared error of %.3g, no better than "
        "the rows' mean does, with %.3g",
        error, total_variance));
  }
  if (held_out && held_out->reconstruction() > kOverfittedErrorRatio * error && error > 0) {
    warnings.push_back(
        absl::StrFormat("rows that were held out are reconstructed with a mean squared error of "
                        "%.3g, training rows "
                        "with %.3g: more rows, or a larger lambda, may help",
                        held_out->reconstruction(), error));
  }
  return warnings;
}

}  // namespace advae
