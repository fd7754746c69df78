#ifndef ADVAE_EXPERIMENTS_BASELINES_DISCRIMINATOR_H_
#define ADVAE_EXPERIMENTS_BASELINES_DISCRIMINATOR_H_

// Private to the baselines: needs LibTorch.

#include <ATen/ATen.h>
#include <torch/nn/modules/container/sequential.h>

#include <functional>

#include "absl/status/statusor.h"
#include "experiments/detector.h"

namespace advae {

// Trains a network that tells real rows, which are min-max scaled, from generated ones: features ->
// 1. Errors of Descend.
using DiscriminatorTraining = std::function<absl::StatusOr<torch::nn::Sequential>(
    const at::Tensor& scaled_rows, at::Generator& random)>;

// Turns the network's outputs, doubles, into scores.
using ScoreOfOutput = at::Tensor (*)(const at::Tensor& outputs);

// -log D(x) of the logits of D(x): orders rows as 1 - D(x) does, without saturating.
at::Tensor NegativeLogSigmoid(const at::Tensor& logits);
// -f(x).
at::Tensor Negative(const at::Tensor& outputs);

// A detector whose score is the network's, plus a constant that makes the lowest training score 0
// when it would be negative. The threshold comes from the training scores. All random numbers come
// from `input.seed`.
//
// kInvalidArgument when `input.rows` are empty or not finite, or the training diverges;
// kResourceExhausted when memory runs out; kInternal when LibTorch fails otherwise. A score that
// cannot be computed later, for one of the last two reasons, is NaN.
absl::StatusOr<FittedDetector> FitDiscriminator(const FitInput& input,
                                                const DiscriminatorTraining& train,
                                                ScoreOfOutput score_of_output);

}  // namespace advae

#endif  // ADVAE_EXPERIMENTS_BASELINES_DISCRIMINATOR_H_
