#include "model/training/autoencoder_objective.h"

#include <algorithm>
#include <utility>

#include "model/networks/losses.h"
#include "model/networks/trained_networks.h"

namespace advae {
namespace {

constexpr float kLogVarianceOfAe = -60;

bool IsVariational(const v1::Hyperparameters& parameters) {
  return parameters.objective() != v1::OBJECTIVE_AE;
}

}  // namespace

AutoencoderObjective::AutoencoderObjective(const v1::Hyperparameters& parameters, int64_t features,
                                           at::Generator generator)
    : parameters_(parameters),
      random_(std::move(generator)),
      encoder_(NewEncoder(parameters, features, random_)),
      generator_(NewGenerator(parameters, features, random_)),
      optimizer_({encoder_.buffers(), generator_.buffers()}),
      noise_(at::zeros({parameters.batch_size(), generator_.shape().inputs})),
      rows_(Activations::Allocate(parameters.batch_size(), features)),
      encoded_(Gaussians::Allocate(parameters.batch_size(), parameters.latent_size())),
      latent_(Activations::Allocate(parameters.batch_size(), generator_.shape().inputs)),
      reconstructions_(Activations::Allocate(parameters.batch_size(), features)),
      encoder_pass_(encoder_, rows_, encoded_.parameters),
      generator_pass_(generator_, latent_, reconstructions_) {}

v1::LossTerms AutoencoderObjective::Step(const at::Tensor& batch, double learning_rate) {
  const bool variational = IsVariational(parameters_);
  const RowRange rows{0, batch.size(0)};
  rows_.Slice(rows).values.copy_(batch);
  if (variational) noise_.narrow(0, 0, rows.count).normal_(0, 1, random_);

  encoder_pass_.Forward(rows);
  encoded_.Slice(rows).UpdateVariances();
  for (int64_t i = 0; i < rows.count; ++i) {
    Sample(encoded_.row(i), RowOf(noise_, i), latent_.row(i));
  }
  generator_pass_.Forward(rows);

  const auto n = static_cast<double>(rows.count);
  double reconstruction = 0;  // the sums of the terms over the rows
  double kld = 0;
  reconstructions_.Slice(rows).gradients.zero_();
  for (int64_t i = 0; i < rows.count; ++i) {
    reconstruction += SquaredError(reconstructions_.row(i), rows_.row(i));
    AddSquaredErrorGradient(reconstructions_.row(i), rows_.row(i), static_cast<float>(1 / n),
                            reconstructions_.gradient_row(i));
  }
  generator_pass_.BackwardToInputAndParameters(rows);

  encoded_.parameters.Slice(rows).gradients.zero_();
  for (int64_t i = 0; i < rows.count; ++i) {
    const GaussianRow encoded = encoded_.row(i);
    const GaussianGradientRow gradient = encoded_.gradient_row(i);
    AddSampleGradient(encoded, RowOf(noise_, i), latent_.gradient_row(i), gradient);
    if (variational) {
      kld += KlDivergence(encoded);
      AddKlDivergenceGradient(encoded, static_cast<float>(parameters_.lambda() / n), gradient);
    }
  }
  encoder_pass_.BackwardToParameters(rows);
  optimizer_.Step(learning_rate);

  v1::LossTerms losses;
  losses.set_encoder_reconstruction(reconstruction / n);
  losses.set_encoder_kld(kld / n);
  losses.set_encoder(losses.encoder_reconstruction() + parameters_.lambda() * losses.encoder_kld());
  return losses;
}

NetworkWeights AutoencoderObjective::Weights() const {
  NetworkWeights weights = WeightsOf(encoder_, generator_);
  if (!IsVariational(parameters_)) {
    DenseLayer& log_variance = weights.encoder.log_variance;
    std::ranges::fill(log_variance.weight, 0.0f);
    std::ranges::fill(log_variance.bias, kLogVarianceOfAe);
  }
  return weights;
}

}  // namespace advae
