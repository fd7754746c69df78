#include "experiments/baselines/gan.h"

#include <torch/optim/adam.h>

#include <tuple>

#include "experiments/baselines/discriminator.h"
#include "experiments/baselines/mini_batches.h"
#include "experiments/baselines/network.h"

namespace advae {
namespace {

constexpr int64_t kNoiseSize = 32;

torch::optim::AdamOptions AdamForGan() {
  return torch::optim::AdamOptions(2e-4).betas(std::tuple(0.5, 0.999));
}

absl::StatusOr<torch::nn::Sequential> Train(const at::Tensor& rows, at::Generator& random) {
  constexpr int64_t kHidden = kBaselineHiddenSize;
  const int64_t features = rows.size(1);
  torch::nn::Sequential generator = MakeNetwork({kNoiseSize, kHidden, kHidden, features}, random);
  torch::nn::Sequential discriminator = MakeNetwork({features, kHidden, kHidden, 1}, random);
  torch::optim::Adam generator_steps(generator->parameters(), AdamForGan());
  torch::optim::Adam discriminator_steps(discriminator->parameters(), AdamForGan());
  MiniBatches batches(rows, random);
  for (int64_t i = 0; i < kBaselineMiniBatches; ++i) {
    const at::Tensor generated =
        generator->forward(at::randn({batches.size(), kNoiseSize}, random));
    const at::Tensor discriminator_loss = LogisticLoss(discriminator->forward(batches.Next())) +
                                          LogisticLoss(-discriminator->forward(generated.detach()));
    absl::Status status = Descend(discriminator_loss, discriminator_steps);
    if (!status.ok()) return status;
    status = Descend(LogisticLoss(discriminator->forward(generated)), generator_steps);
    if (!status.ok()) return status;
  }
  return discriminator;
}

}  // namespace

absl::StatusOr<FittedDetector> FitGan(const FitInput& input) {
  return FitDiscriminator(input, Train, NegativeLogSigmoid);
}

}  // namespace advae
