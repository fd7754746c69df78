#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "model/networks/perceptron.h"
#include "model/training/adversarial_objective.h"
#include "tests/model/networks/reference_networks.h"
#include "tests/model/networks/small_networks.h"

namespace advae {
namespace {

using ::advae::testing::RandomRows;
using ::advae::testing::Seeded;
using ::advae::testing::SmallNetworks;
using ::testing::AllOf;
using ::testing::Gt;
using ::testing::Lt;

constexpr int64_t kFeatures = 6;

// Margins within the range of the terms, so that hinges are active for a part of the rows.
v1::Hyperparameters Parameters() {
  v1::Hyperparameters parameters = SmallNetworks(v1::OBJECTIVE_ADVAE);
  parameters.set_lambda(0.001);
  parameters.set_margin_x(0.05);
  parameters.set_margin_z(3.8);
  return parameters;
}

// A step of the objective with the same draws by autograd in double precision, written as the paper
// has it: the loss terms and the gradients of L_T + w L_G by G and T and of L_E by E.
class AutogradStep {
 public:
  // Before the objective's own step; `random` is a copy of its generator. T's parameters become
  // leaves of the graph in place of the objective's.
  AutogradStep(const AdversarialObjective& objective, const v1::Hyperparameters& parameters,
               at::Generator random)
      : p_(parameters),
        random_(std::move(random)),
        encoder_(Encoder::FromWeights(objective.Weights().encoder)),
        generator_(Generator::FromWeights(objective.Weights().generator)) {
    for (int i = 0; i < Perceptron::kLayers; ++i) {
      transformer_.push_back({.weight = objective.transformer().layer(i).weight.to(at::kDouble),
                              .bias = objective.transformer().layer(i).bias.to(at::kDouble)});
    }
    for (const Dense& layer : EncoderLayers()) SetLeaf(layer, encoder_leaves_);
    for (const Dense& layer : {generator_.hidden1, generator_.hidden2, generator_.output}) {
      SetLeaf(layer, generator_leaves_);
    }
    for (const Dense& layer : transformer_) SetLeaf(layer, transformer_leaves_);
  }

  void Run(const at::Tensor& rows) {
    const at::Tensor x = rows.to(at::kDouble);
    const Gaussian encoded = encoder_(x);

    const auto [x_r, x_tr, transformed] = Reconstruct(encoded);
    active_margin_x =
        (SquaredError(x_r, x_tr) < p_.margin_x()).to(at::kDouble).mean().item<double>();
    active_margin_z = (Kld(encoder_(x_tr)) < p_.margin_z()).to(at::kDouble).mean().item<double>();
    const at::Tensor l_g = (SquaredError(x, x_r) + p_.gamma() * Kld(encoder_(x_r)) +
                            (p_.margin_x() - SquaredError(x_r, x_tr)).relu() +
                            p_.gamma() * (p_.margin_z() - Kld(encoder_(x_tr))).relu())
                               .mean();
    const at::Tensor ratio =
        (encoded.log_variance.exp() + (encoded.mean - transformed.mean).square()) /
        transformed.log_variance.exp();
    const at::Tensor l_t =
        0.5 * (transformed.log_variance - encoded.log_variance + ratio - 1).sum(1).mean();
    step1 = (l_t + p_.generator_weight() * l_g).item<double>();
    std::vector<at::Tensor> leaves = generator_leaves_;
    leaves.insert(leaves.end(), transformer_leaves_.begin(), transformer_leaves_.end());
    const std::vector<at::Tensor> step1_gradients = torch::autograd::grad(
        {l_t + p_.generator_weight() * l_g}, leaves, {}, /*retain_graph=*/true);
    generator_gradient = Flat({step1_gradients.begin(), step1_gradients.begin() + 6});
    transformer_gradient = Flat({step1_gradients.begin() + 6, step1_gradients.end()});

    const auto [x_r2, x_tr2, unused] = Reconstruct(encoded);
    const at::Tensor l_e = (SquaredError(x, x_r2) + p_.lambda() * Kld(encoded) +
                            p_.gamma() * (p_.margin_z() - Kld(encoder_(x_r2.detach()))).relu() +
                            p_.gamma() * (p_.margin_z() - Kld(encoder_(x_tr2.detach()))).relu())
                               .mean();
    step2 = l_e.item<double>();
    encoder_gradient = Flat(torch::autograd::grad({l_e}, encoder_leaves_));
  }

  double active_margin_x = 0, active_margin_z = 0;  // shares of the rows, in step 1
  double step1 = 0;                                 // L_T + w L_G
  double step2 = 0;                                 // L_E
  at::Tensor generator_gradient, transformer_gradient, encoder_gradient;  // flat

 private:
  struct Reconstructions {
    at::Tensor x_r;
    at::Tensor x_tr;
    Gaussian transformed;
  };

  static void SetLeaf(const Dense& layer, std::vector<at::Tensor>& leaves) {
    for (at::Tensor tensor : {layer.weight, layer.bias}) {
      leaves.push_back(tensor.requires_grad_());
    }
  }
  // The layout of a Perceptron: all means' weights, then all log-variances'; then the biases.
  at::Tensor Flat(const std::vector<at::Tensor>& gradients) const {
    std::vector<at::Tensor> parts;
    const bool gaussian = gradients.size() == 8;
    for (size_t i = 0; i < (gaussian ? 4 : gradients.size()); ++i) {
      parts.push_back(gradients[i].flatten());
    }
    if (gaussian) {
      for (const size_t i : {4, 6, 5, 7}) parts.push_back(gradients[i].flatten());
    }
    return at::cat(parts);
  }

  std::vector<Dense> EncoderLayers() const {
    return {encoder_.hidden1, encoder_.hidden2, encoder_.mean, encoder_.log_variance};
  }

  static at::Tensor SquaredError(const at::Tensor& x, const at::Tensor& y) {
    return (x - y).square().sum(1);
  }
  static at::Tensor Kld(const Gaussian& q) {
    return 0.5 * (q.mean.square() + q.log_variance.exp() - q.log_variance - 1).sum(1);
  }

  Gaussian Transform(const Gaussian& encoded) const {
    at::Tensor x = at::cat({encoded.mean, encoded.log_variance}, 1);
    x = transformer_[1](transformer_[0](x).sigmoid()).sigmoid();
    const std::vector<at::Tensor> halves = transformer_[2](x).chunk(2, 1);
    return {.mean = halves[0], .log_variance = halves[1]};
  }

  // With the draws that the objective makes: those of z, then those of z_T, as one matrix. The
  // encoder is frozen where its Gaussian leads to G in step 1, which `encoded`'s graph does not
  // hide: gradients are asked for by G's and T's leaves only.
  Reconstructions Reconstruct(const Gaussian& encoded) {
    const int64_t n = encoded.mean.size(0);
    const at::Tensor noise =
        at::empty({2 * n, encoded.mean.size(1)}, at::kFloat).normal_(0, 1, random_).to(at::kDouble);
    const auto sample = [&](const Gaussian& q, int64_t first) {
      return q.mean + (0.5 * q.log_variance).exp() * noise.narrow(0, first, n);
    };
    const Gaussian transformed = Transform(encoded);
    return {.x_r = generator_(sample(encoded, 0)),
            .x_tr = generator_(sample(transformed, n)),
            .transformed = transformed};
  }

  const v1::Hyperparameters p_;
  at::Generator random_;
  Encoder encoder_;
  Generator generator_;
  std::vector<Dense> transformer_;
  std::vector<at::Tensor> encoder_leaves_, generator_leaves_, transformer_leaves_;
};

void ExpectGradient(const Perceptron& network, const at::Tensor& expected, const char* name) {
  const std::span<const float> gradient = network.buffers().gradients;
  ASSERT_EQ(gradient.size(), static_cast<size_t>(expected.numel())) << name;
  const double scale = expected.abs().max().item<double>();
  ASSERT_GT(scale, 0) << name;
  for (size_t i = 0; i < gradient.size(); ++i) {
    EXPECT_NEAR(gradient[i], expected[static_cast<int64_t>(i)].item<double>(), 1e-4 * scale)
        << name << ", parameter " << i;
  }
}

class AdversarialGradientTest : public ::testing::TestWithParam<int64_t> {};

// A step size of zero leaves the networks as they are between both steps.
TEST_P(AdversarialGradientTest, StepHasTheGradientsOfTheLosses) {
  const v1::Hyperparameters parameters = Parameters();
  at::Generator random = Seeded(1);
  AdversarialObjective objective(parameters, kFeatures, random);
  for (int step = 0; step < 33; ++step) objective.Step(RandomRows(16, kFeatures), 0.01);
  AutogradStep reference(objective, parameters, random.clone());
  const at::Tensor batch = RandomRows(GetParam(), kFeatures);
  reference.Run(batch);
  if (batch.size(0) == 16) {
    EXPECT_THAT(reference.active_margin_x, AllOf(Gt(0), Lt(1)));
    EXPECT_THAT(reference.active_margin_z, AllOf(Gt(0), Lt(1)));
  }
  const v1::LossTerms losses = objective.Step(batch, 0);
  EXPECT_NEAR(losses.transformer() + 3 * losses.generator(), reference.step1, 1e-5);
  EXPECT_NEAR(losses.encoder(), reference.step2, 1e-5);
  ExpectGradient(objective.generator(), reference.generator_gradient, "generator");
  ExpectGradient(objective.transformer(), reference.transformer_gradient, "transformer");
  ExpectGradient(objective.encoder(), reference.encoder_gradient, "encoder");
}

INSTANTIATE_TEST_SUITE_P(Rows, AdversarialGradientTest, ::testing::Values(1, 5, 16));

}  // namespace
}  // namespace advae
