#include "model/training/autoencoder_objective.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "model/training/losses.h"

namespace advae {
namespace {

constexpr float kLogVarianceOfAe = -60;

// What is trained of E and G; an AE has no use for the log-variance layer.
std::vector<at::Tensor> TrainedParameters(const Encoder& encoder, const Generator& generator,
                                          bool variational) {
  std::vector<at::Tensor> parameters = encoder.parameters();
  if (!variational) {
    std::erase_if(parameters, [&](const at::Tensor& parameter) {
      return parameter.is_same(encoder.log_variance.weight) ||
             parameter.is_same(encoder.log_variance.bias);
    });
  }
  for (const at::Tensor& parameter : generator.parameters()) parameters.push_back(parameter);
  SetTrainable(parameters, true);
  return parameters;
}

bool IsVariational(const v1::Hyperparameters& parameters) {
  return parameters.objective() != v1::OBJECTIVE_AE;
}

}  // namespace

AutoencoderObjective::AutoencoderObjective(const v1::Hyperparameters& parameters, int64_t features,
                                           at::Generator generator)
    : parameters_(parameters),
      random_(std::move(generator)),
      encoder_(
          Encoder::Random(features, parameters.hidden_size(), parameters.latent_size(), random_)),
      generator_(
          Generator::Random(parameters.latent_size(), parameters.hidden_size(), features, random_)),
      optimizer_(TrainedParameters(encoder_, generator_, IsVariational(parameters))) {}

v1::LossTerms AutoencoderObjective::Step(const at::Tensor& batch, double learning_rate) {
  return IsVariational(parameters_) ? StepVariational(batch, learning_rate)
                                    : StepPlain(batch, learning_rate);
}

v1::LossTerms AutoencoderObjective::StepVariational(const at::Tensor& batch, double learning_rate) {
  const Gaussian encoded = encoder_(batch);
  const at::Tensor noise = at::empty_like(encoded.mean).normal_(0, 1, random_);
  const at::Tensor reconstruction = SquaredError(batch, generator_(encoded.Sample(noise))).mean();
  const at::Tensor kld = KlDivergence(encoded).mean();
  const at::Tensor loss = VaeLoss(reconstruction, kld, parameters_.lambda());
  optimizer_.Minimize(loss, learning_rate);

  v1::LossTerms losses;
  losses.set_encoder(loss.item<double>());
  losses.set_encoder_reconstruction(reconstruction.item<double>());
  losses.set_encoder_kld(kld.item<double>());
  return losses;
}

v1::LossTerms AutoencoderObjective::StepPlain(const at::Tensor& batch, double learning_rate) {
  const at::Tensor loss = SquaredError(batch, generator_(encoder_(batch).mean)).mean();
  optimizer_.Minimize(loss, learning_rate);

  v1::LossTerms losses;
  losses.set_encoder(loss.item<double>());
  losses.set_encoder_reconstruction(loss.item<double>());
  return losses;
}

NetworkWeights AutoencoderObjective::Weights() const {
  NetworkWeights weights{.encoder = encoder_.ToWeights(), .generator = generator_.ToWeights()};
  if (!IsVariational(parameters_)) {
    DenseLayer& log_variance = weights.encoder.log_variance;
    std::ranges::fill(log_variance.weight, 0.0f);
    std::ranges::fill(log_variance.bias, kLogVarianceOfAe);
  }
  return weights;
}

}  // namespace advae
