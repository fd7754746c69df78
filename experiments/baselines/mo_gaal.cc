#include "experiments/baselines/mo_gaal.h"

#include <torch/nn/functional/activation.h>
#include <torch/optim/sgd.h>

#include <algorithm>
#include <vector>

#include "experiments/baselines/discriminator.h"
#include "experiments/baselines/mini_batches.h"
#include "experiments/baselines/network.h"

namespace advae {
namespace {

constexpr int64_t kGenerators = 10;
constexpr int64_t kGeneratorMiniBatches = kBaselineMiniBatches / 3;

torch::optim::SGDOptions Sgd(double step_size) {
  return torch::optim::SGDOptions(step_size).momentum(0.9);
}

// z -> ReLU(z A^T) B^T, with A and B the identity at first.
struct SubGenerator {
  explicit SubGenerator(int64_t features)
      : first(at::eye(features).requires_grad_()), second(at::eye(features).requires_grad_()) {}

  at::Tensor Generate(const at::Tensor& noise) const {
    return at::relu(noise.matmul(first.t())).matmul(second.t());
  }

  at::Tensor first;
  at::Tensor second;
};

// How many of about `rows` generator i makes, at least 1.
int64_t ShareOf(int64_t i, int64_t rows) {
  constexpr int64_t kShares = kGenerators * (kGenerators + 1) / 2;
  return std::max<int64_t>(1, rows * (kGenerators - i) / kShares);
}

// -mean(T log D + (1 - T) log(1 - D)) for the logits of D.
at::Tensor CrossEntropy(const at::Tensor& logits, const at::Tensor& target) {
  return target * LogisticLoss(logits) + (1 - target) * LogisticLoss(-logits);
}

// The sum over the generators of L_i; `generated` are their rows.
at::Tensor GeneratorsLoss(torch::nn::Sequential& discriminator, const at::Tensor& real,
                          const std::vector<at::Tensor>& generated) {
  const at::Tensor real_outputs = at::sigmoid(discriminator->forward(real)).detach();
  at::Tensor loss = at::zeros({});
  for (int64_t i = 0; i < kGenerators; ++i) {
    const at::Tensor target = real_outputs.quantile(static_cast<double>(i) / kGenerators);
    loss = loss + CrossEntropy(discriminator->forward(generated[i]), target);
  }
  return loss;
}

absl::StatusOr<torch::nn::Sequential> Train(const at::Tensor& rows, at::Generator& random) {
  const int64_t features = rows.size(1);
  torch::nn::Sequential discriminator = MakeNetwork({features, kBaselineHiddenSize, 1}, random);
  std::vector<SubGenerator> generators;
  std::vector<at::Tensor> parameters;
  for (int64_t g = 0; g < kGenerators; ++g) {
    generators.emplace_back(features);
    parameters.insert(parameters.end(), {generators[g].first, generators[g].second});
  }
  torch::optim::SGD generator_steps(parameters, Sgd(0.0001));
  torch::optim::SGD discriminator_steps(discriminator->parameters(), Sgd(0.01));
  MiniBatches batches(rows, random);
  for (int64_t i = 0; i < kBaselineMiniBatches; ++i) {
    const at::Tensor real = batches.Next();
    std::vector<at::Tensor> generated;
    for (int64_t g = 0; g < kGenerators; ++g) {
      const at::Tensor noise = at::rand({ShareOf(g, batches.size()), features}, random);
      generated.push_back(generators[g].Generate(noise));
    }
    const at::Tensor discriminator_loss =
        LogisticLoss(discriminator->forward(real)) +
        LogisticLoss(-discriminator->forward(at::cat(generated).detach()));
    absl::Status status = Descend(discriminator_loss, discriminator_steps);
    if (!status.ok()) return status;
    if (i >= kGeneratorMiniBatches) continue;
    status = Descend(GeneratorsLoss(discriminator, real, generated), generator_steps);
    if (!status.ok()) return status;
  }
  return discriminator;
}

}  // namespace

absl::StatusOr<FittedDetector> FitMoGaal(const FitInput& input) {
  return FitDiscriminator(input, Train, NegativeLogSigmoid);
}

}  // namespace advae
