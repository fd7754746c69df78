#include "model/training/adversarial_objective.h"

#include <span>
#include <utility>

#include "model/networks/losses.h"
#include "model/networks/trained_networks.h"

namespace advae {
namespace {

// Whether L_G is adVAE's, or the reconstruction error alone.
bool GeneratorIsAdversarial(const v1::Hyperparameters& parameters) {
  return parameters.objective() != v1::OBJECTIVE_ENCODER_ONLY;
}

// Whether L_E has the hinges that tell reconstructions from rows.
bool EncoderIsAdversarial(const v1::Hyperparameters& parameters) {
  return parameters.objective() != v1::OBJECTIVE_GENERATOR_ONLY;
}

// The hinges of a mini-batch.
struct HingeSum {
  void Add(double hinge) {
    sum += hinge;
    active += hinge > 0 ? 1 : 0;
  }
  double sum = 0;     // over the rows
  double active = 0;  // rows whose hinge is above 0
};

// [margin - value]+. Not std::max(), which would hide a value that is not a number.
double Hinge(double margin, double value) { return value >= margin ? 0 : margin - value; }

}  // namespace

AdversarialObjective::AdversarialObjective(const v1::Hyperparameters& parameters, int64_t features,
                                           at::Generator generator)
    : parameters_(parameters),
      max_rows_(parameters.batch_size()),
      random_(std::move(generator)),
      encoder_(NewEncoder(parameters, features, random_)),
      generator_(NewGenerator(parameters, features, random_)),
      transformer_(NewTransformer(parameters, random_)),
      generator_optimizer_({generator_.buffers(), transformer_.buffers()}),
      encoder_optimizer_({encoder_.buffers()}),
      noise_(at::empty({2 * max_rows_, generator_.shape().inputs})),
      rows_(Activations::Allocate(3 * max_rows_, features)),
      encoded_(Gaussians::Allocate(3 * max_rows_, parameters.latent_size())),
      transformed_(Gaussians::Allocate(max_rows_, parameters.latent_size())),
      latent_(Activations::Allocate(2 * max_rows_, generator_.shape().inputs)),
      encoder_pass_(encoder_, rows_, encoded_.parameters),
      generator_pass_(generator_, latent_, rows_.Slice({max_rows_, 2 * max_rows_})),
      transformer_pass_(transformer_, encoded_.parameters.Slice({0, max_rows_}),
                        transformed_.parameters) {}

AdversarialObjective::MiniBatch AdversarialObjective::Views(int64_t n) const {
  const RowRange x{max_rows_ - n, n};
  const RowRange x_r{max_rows_, n};
  const RowRange x_tr{max_rows_ + n, n};
  return {.n = n,
          .originals = x,
          .reconstructions = {max_rows_, 2 * n},
          .noise = noise_.narrow(0, 0, n),
          .noise_t = noise_.narrow(0, n, n),
          .x = rows_.Slice(x),
          .x_r = rows_.Slice(x_r),
          .x_tr = rows_.Slice(x_tr),
          .encoded = encoded_.Slice(x),
          .encoded_r = encoded_.Slice(x_r),
          .encoded_tr = encoded_.Slice(x_tr),
          .transformed = transformed_.Slice(x),
          .z = latent_.Slice({0, n}),
          .z_t = latent_.Slice({n, n})};
}

v1::LossTerms AdversarialObjective::Step(const at::Tensor& rows, double learning_rate) {
  const MiniBatch batch = Views(rows.size(0));
  batch.x.values.copy_(rows);
  encoder_pass_.Forward(batch.originals);  // for both steps: the first leaves E as it is
  batch.encoded.UpdateVariances();

  v1::LossTerms losses;
  UpdateGeneratorAndTransformer(batch, learning_rate, losses);
  UpdateEncoder(batch, learning_rate, losses);
  return losses;
}

NetworkWeights AdversarialObjective::Weights() const { return WeightsOf(encoder_, generator_); }

void AdversarialObjective::Reconstruct(const MiniBatch& batch) {
  transformer_pass_.Forward(batch.originals);
  batch.transformed.UpdateVariances();
  noise_.narrow(0, 0, 2 * batch.n).normal_(0, 1, random_);
  for (int64_t i = 0; i < batch.n; ++i) {
    Sample(batch.encoded.row(i), RowOf(batch.noise, i), batch.z.row(i));
    Sample(batch.transformed.row(i), RowOf(batch.noise_t, i), batch.z_t.row(i));
  }
  generator_pass_.Forward({0, 2 * batch.n});
  encoder_pass_.Forward(batch.reconstructions);
  encoded_.Slice(batch.reconstructions).UpdateVariances();
}

void AdversarialObjective::UpdateGeneratorAndTransformer(const MiniBatch& batch,
                                                         double learning_rate,
                                                         v1::LossTerms& losses) {
  Reconstruct(batch);
  const double gamma = parameters_.gamma();
  const auto n = static_cast<double>(batch.n);
  const auto transformer_weight = static_cast<float>(1 / n);
  const auto error_weight = static_cast<float>(parameters_.generator_weight() / n);
  const auto kld_weight = static_cast<float>(parameters_.generator_weight() * gamma / n);

  double divergence = 0;  // the sums of the terms over the rows
  double reconstruction = 0;
  double reconstruction_kld = 0;
  HingeSum margin_x;
  HingeSum margin_z;

  // Left out of ENCODER_ONLY, whose generator learns the reconstruction alone.
  const bool is_adversarial = GeneratorIsAdversarial(parameters_);
  encoded_.parameters.Slice(batch.reconstructions).gradients.zero_();
  for (int64_t i = 0; is_adversarial && i < batch.n; ++i) {
    const GaussianRow encoded_r = batch.encoded_r.row(i);
    reconstruction_kld += KlDivergence(encoded_r);
    AddKlDivergenceGradient(encoded_r, kld_weight, batch.encoded_r.gradient_row(i));

    const GaussianRow encoded_tr = batch.encoded_tr.row(i);
    const double hinge = Hinge(parameters_.margin_z(), KlDivergence(encoded_tr));
    if (hinge > 0) {
      AddKlDivergenceGradient(encoded_tr, -kld_weight, batch.encoded_tr.gradient_row(i));
    }
    margin_z.Add(hinge);
  }
  encoder_pass_.BackwardToInput(batch.reconstructions);

  for (int64_t i = 0; i < batch.n; ++i) {
    const std::span<const float> x = batch.x.row(i);
    const std::span<const float> x_r = batch.x_r.row(i);
    const std::span<const float> x_tr = batch.x_tr.row(i);
    reconstruction += SquaredError(x_r, x);
    AddSquaredErrorGradient(x_r, x, error_weight, batch.x_r.gradient_row(i));

    if (!is_adversarial) continue;
    const double hinge = Hinge(parameters_.margin_x(), SquaredError(x_r, x_tr));
    if (hinge > 0) {
      AddSquaredErrorGradient(x_r, x_tr, -error_weight, batch.x_r.gradient_row(i));
      AddSquaredErrorGradient(x_tr, x_r, -error_weight, batch.x_tr.gradient_row(i));
    }
    margin_x.Add(hinge);
  }
  generator_pass_.BackwardToInputAndParameters({0, 2 * batch.n});

  batch.transformed.parameters.gradients.zero_();
  for (int64_t i = 0; i < batch.n; ++i) {
    const GaussianRow encoded = batch.encoded.row(i);
    const GaussianRow transformed = batch.transformed.row(i);
    const GaussianGradientRow gradient = batch.transformed.gradient_row(i);
    divergence += TransformerDivergence(encoded, transformed);
    AddTransformerDivergenceGradient(encoded, transformed, transformer_weight, gradient);
    AddSampleGradient(transformed, RowOf(batch.noise_t, i), batch.z_t.gradient_row(i), gradient);
  }
  transformer_pass_.BackwardToParameters(batch.originals);
  generator_optimizer_.Step(learning_rate);

  losses.set_transformer(divergence / n);
  losses.set_reconstruction(reconstruction / n);
  losses.set_reconstruction_kld(reconstruction_kld / n);
  losses.set_margin_x_hinge(margin_x.sum / n);
  losses.set_margin_z_hinge(margin_z.sum / n);
  losses.set_margin_x_active(margin_x.active / n);
  losses.set_margin_z_active(margin_z.active / n);
  // Eq. 6 to 8: L_G = MSE(x, x_r) + gamma KLD(E(x_r))
  //                 + [m_x - MSE(x_r, x_Tr)]+ + gamma [m_z - KLD(E(x_Tr))]+.
  losses.set_generator(losses.reconstruction() + gamma * losses.reconstruction_kld() +
                       losses.margin_x_hinge() + gamma * losses.margin_z_hinge());
}

void AdversarialObjective::UpdateEncoder(const MiniBatch& batch, double learning_rate,
                                         v1::LossTerms& losses) {
  Reconstruct(batch);
  const double gamma = parameters_.gamma();
  const double lambda = parameters_.lambda();
  const auto n = static_cast<double>(batch.n);
  const auto error_weight = static_cast<float>(1 / n);
  const auto kld_weight = static_cast<float>(lambda / n);
  const auto hinge_weight = static_cast<float>(gamma / n);

  double reconstruction = 0;  // the sums of the terms over the rows
  double kld = 0;
  HingeSum reconstruction_hinge;
  HingeSum transformed_hinge;

  batch.x_r.gradients.zero_();
  for (int64_t i = 0; i < batch.n; ++i) {
    reconstruction += SquaredError(batch.x_r.row(i), batch.x.row(i));
    AddSquaredErrorGradient(batch.x_r.row(i), batch.x.row(i), error_weight,
                            batch.x_r.gradient_row(i));
  }
  generator_pass_.BackwardToInput({0, batch.n});

  // x_r and x_Tr are detached in the hinges: their gradients end at E.
  const auto add_hinge = [&](const Gaussians& output, int64_t i) {
    const GaussianRow q = output.row(i);
    const double hinge = Hinge(parameters_.margin_z(), KlDivergence(q));
    if (hinge > 0) {
      AddKlDivergenceGradient(q, -hinge_weight, output.gradient_row(i));
    }
    return hinge;
  };
  const bool is_adversarial = EncoderIsAdversarial(parameters_);
  const RowRange everything{batch.originals.first, 3 * batch.n};
  encoded_.parameters.Slice(everything).gradients.zero_();
  for (int64_t i = 0; i < batch.n; ++i) {
    const GaussianRow encoded = batch.encoded.row(i);
    const GaussianGradientRow gradient = batch.encoded.gradient_row(i);
    kld += KlDivergence(encoded);
    AddKlDivergenceGradient(encoded, kld_weight, gradient);
    AddSampleGradient(encoded, RowOf(batch.noise, i), batch.z.gradient_row(i), gradient);
    if (!is_adversarial) continue;
    reconstruction_hinge.Add(add_hinge(batch.encoded_r, i));
    transformed_hinge.Add(add_hinge(batch.encoded_tr, i));
  }
  encoder_pass_.BackwardToParameters(everything);
  encoder_optimizer_.Step(learning_rate);

  losses.set_encoder_reconstruction(reconstruction / n);
  losses.set_encoder_kld(kld / n);
  losses.set_encoder_reconstruction_hinge(reconstruction_hinge.sum / n);
  losses.set_encoder_transformed_hinge(transformed_hinge.sum / n);
  losses.set_encoder_reconstruction_active(reconstruction_hinge.active / n);
  losses.set_encoder_transformed_active(transformed_hinge.active / n);
  // Eq. 10: L_E = MSE(x, x_r) + lambda KLD(E(x)) + gamma [m_z - KLD(E(x_r))]+
  //             + gamma [m_z - KLD(E(x_Tr))]+.
  losses.set_encoder(
      losses.encoder_reconstruction() + lambda * losses.encoder_kld() +
      gamma * (losses.encoder_reconstruction_hinge() + losses.encoder_transformed_hinge()));
}

}  // namespace advae
