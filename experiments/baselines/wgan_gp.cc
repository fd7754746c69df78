#include "experiments/baselines/wgan_gp.h"

#include <torch/autograd.h>
#include <torch/optim/adam.h>

#include <tuple>

#include "experiments/baselines/discriminator.h"
#include "experiments/baselines/mini_batches.h"
#include "experiments/baselines/network.h"

namespace advae {
namespace {

constexpr int64_t kNoiseSize = 32;
constexpr int64_t kCriticSteps = 5;  // for one of the generator
constexpr double kPenaltyWeight = 10;

torch::optim::AdamOptions AdamForWganGp() {
  return torch::optim::AdamOptions(1e-4).betas(std::tuple(0.0, 0.9));
}

// E[(||grad f(u)||_2 - 1)^2].
at::Tensor GradientPenalty(torch::nn::Sequential& critic, const at::Tensor& real,
                           const at::Tensor& generated, at::Generator& random) {
  const at::Tensor place = at::rand({real.size(0), 1}, random);
  const at::Tensor between = (place * real + (1 - place) * generated).requires_grad_();
  const at::Tensor gradients =
      torch::autograd::grad({critic->forward(between).sum()}, {between}, /*grad_outputs=*/{},
                            /*retain_graph=*/true, /*create_graph=*/true)
          .front();
  return (gradients.norm(2, /*dim=*/1) - 1).square().mean();
}

absl::StatusOr<torch::nn::Sequential> Train(const at::Tensor& rows, at::Generator& random) {
  constexpr int64_t kHidden = kBaselineHiddenSize;
  const int64_t features = rows.size(1);
  torch::nn::Sequential generator = MakeNetwork({kNoiseSize, kHidden, kHidden, features}, random);
  torch::nn::Sequential critic = MakeNetwork({features, kHidden, kHidden, 1}, random);
  torch::optim::Adam generator_steps(generator->parameters(), AdamForWganGp());
  torch::optim::Adam critic_steps(critic->parameters(), AdamForWganGp());
  MiniBatches batches(rows, random);
  for (int64_t i = 1; i <= kBaselineMiniBatches; ++i) {
    const at::Tensor real = batches.Next();
    const at::Tensor generated =
        generator->forward(at::randn({batches.size(), kNoiseSize}, random));
    const at::Tensor critic_loss =
        critic->forward(generated.detach()).mean() - critic->forward(real).mean() +
        kPenaltyWeight * GradientPenalty(critic, real, generated.detach(), random);
    absl::Status status = Descend(critic_loss, critic_steps);
    if (!status.ok()) return status;
    if (i % kCriticSteps != 0) continue;
    status = Descend(-critic->forward(generated).mean(), generator_steps);
    if (!status.ok()) return status;
  }
  return critic;
}

}  // namespace

absl::StatusOr<FittedDetector> FitWganGp(const FitInput& input) {
  return FitDiscriminator(input, Train, Negative);
}

}  // namespace advae
