#include "model/training/adversarial_objective.h"

#include <utility>
#include <vector>

#include "model/training/losses.h"

namespace advae {
namespace {

std::vector<at::Tensor> Concatenate(std::vector<at::Tensor> a, const std::vector<at::Tensor>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

AdversarialObjective::AdversarialObjective(const v1::Hyperparameters& parameters, int64_t features,
                                           at::Generator generator)
    : parameters_(parameters),
      random_(std::move(generator)),
      encoder_(
          Encoder::Random(features, parameters.hidden_size(), parameters.latent_size(), random_)),
      generator_(
          Generator::Random(parameters.latent_size(), parameters.hidden_size(), features, random_)),
      transformer_(Transformer::Random(parameters.latent_size(), random_)),
      generator_optimizer_(Concatenate(generator_.parameters(), transformer_.parameters())),
      encoder_optimizer_(encoder_.parameters()) {}

v1::LossTerms AdversarialObjective::Step(const at::Tensor& batch, double learning_rate) {
  v1::LossTerms losses;
  UpdateGeneratorAndTransformer(batch, learning_rate, losses);
  UpdateEncoder(batch, learning_rate, losses);
  return losses;
}

void AdversarialObjective::UpdateGeneratorAndTransformer(const at::Tensor& batch,
                                                         double learning_rate,
                                                         v1::LossTerms& losses) {
  SetTrainable(encoder_.parameters(), false);
  SetTrainable(generator_.parameters(), true);
  SetTrainable(transformer_.parameters(), true);

  const Gaussian encoded = encoder_(batch);
  const Gaussian transformed = transformer_(encoded);
  const at::Tensor x_r = generator_(encoded.Sample(Noise(encoded.mean)));
  const at::Tensor x_tr = generator_(transformed.Sample(Noise(encoded.mean)));
  const GeneratorLoss loss{
      .reconstruction = SquaredError(batch, x_r).mean(),
      .reconstruction_kld = KlDivergence(encoder_(x_r)).mean(),
      .margin_x_hinge = Hinge(parameters_.margin_x(), SquaredError(x_r, x_tr)).mean(),
      .margin_z_hinge = Hinge(parameters_.margin_z(), KlDivergence(encoder_(x_tr))).mean()};
  const at::Tensor l_g = loss.Total(parameters_.gamma());
  const at::Tensor l_t = TransformerDivergence(encoded, transformed).mean();
  generator_optimizer_.Minimize(l_t + parameters_.generator_weight() * l_g, learning_rate);

  losses.set_transformer(l_t.item<double>());
  losses.set_generator(l_g.item<double>());
  losses.set_reconstruction(loss.reconstruction.item<double>());
  losses.set_reconstruction_kld(loss.reconstruction_kld.item<double>());
  losses.set_margin_x_hinge(loss.margin_x_hinge.item<double>());
  losses.set_margin_z_hinge(loss.margin_z_hinge.item<double>());
}

void AdversarialObjective::UpdateEncoder(const at::Tensor& batch, double learning_rate,
                                         v1::LossTerms& losses) {
  SetTrainable(encoder_.parameters(), true);
  SetTrainable(generator_.parameters(), false);
  SetTrainable(transformer_.parameters(), false);

  const Gaussian encoded = encoder_(batch);
  const at::Tensor x_r = generator_(encoded.Sample(Noise(encoded.mean)));
  const at::Tensor x_tr = [&] {
    const at::NoGradGuard detached;
    return generator_(transformer_(encoded).Sample(Noise(encoded.mean)));
  }();
  const double margin_z = parameters_.margin_z();
  const EncoderLoss loss{
      .reconstruction = SquaredError(batch, x_r).mean(),
      .kld = KlDivergence(encoded).mean(),
      .reconstruction_hinge = Hinge(margin_z, KlDivergence(encoder_(x_r.detach()))).mean(),
      .transformed_hinge = Hinge(margin_z, KlDivergence(encoder_(x_tr))).mean()};
  const at::Tensor l_e = loss.Total(parameters_.lambda(), parameters_.gamma());
  encoder_optimizer_.Minimize(l_e, learning_rate);

  losses.set_encoder(l_e.item<double>());
  losses.set_encoder_reconstruction(loss.reconstruction.item<double>());
  losses.set_encoder_kld(loss.kld.item<double>());
  losses.set_encoder_reconstruction_hinge(loss.reconstruction_hinge.item<double>());
  losses.set_encoder_transformed_hinge(loss.transformed_hinge.item<double>());
}

NetworkWeights AdversarialObjective::Weights() const {
  return {.encoder = encoder_.ToWeights(), .generator = generator_.ToWeights()};
}

at::Tensor AdversarialObjective::Noise(const at::Tensor& like) {
  return at::empty_like(like).normal_(0, 1, random_);
}

}  // namespace advae
