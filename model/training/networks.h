#ifndef ADVAE_MODEL_TRAINING_NETWORKS_H_
#define ADVAE_MODEL_TRAINING_NETWORKS_H_

// Private to advae::training and its tests: needs LibTorch.

#include <vector>

#include "model/scoring/network_weights.h"
#include "model/training/torch_headers.h"

namespace advae {

// Rows are the first dimension of every tensor here: a batch of n rows with d features is [n, d].

// One diagonal normal distribution N(mean, exp(log_variance)) in each row, both [n, k].
struct Gaussian {
  at::Tensor mean;
  at::Tensor log_variance;

  // mean + sigma * noise, with standard-normal `noise` [n, k].
  at::Tensor Sample(const at::Tensor& noise) const;
};

// y = x W^T + b, with W [outputs, inputs] and b [outputs].
struct Dense {
  at::Tensor weight;
  at::Tensor bias;

  // Independent uniform draws from +-1 / sqrt(inputs), as torch.nn.Linear has them.
  static Dense Random(int64_t inputs, int64_t outputs, at::Generator& generator);
  static Dense FromWeights(const DenseLayer& layer, at::ScalarType dtype);
  DenseLayer ToWeights() const;

  at::Tensor operator()(const at::Tensor& x) const;
};

// E: d -> h -> h -> (mu: k, log sigma^2: k), ReLU on the hidden layers.
struct Encoder {
  Dense hidden1;
  Dense hidden2;
  Dense mean;
  Dense log_variance;

  static Encoder Random(int64_t features, int64_t hidden, int64_t latent, at::Generator& generator);
  static Encoder FromWeights(const EncoderWeights& weights, at::ScalarType dtype = at::kFloat);
  EncoderWeights ToWeights() const;

  Gaussian operator()(const at::Tensor& x) const;
  std::vector<at::Tensor> parameters() const;
};

// G: k -> h -> h -> d, ReLU on the hidden layers, sigmoid on the output.
struct Generator {
  Dense hidden1;
  Dense hidden2;
  Dense output;

  static Generator Random(int64_t latent, int64_t hidden, int64_t features,
                          at::Generator& generator);
  static Generator FromWeights(const GeneratorWeights& weights, at::ScalarType dtype = at::kFloat);
  GeneratorWeights ToWeights() const;

  at::Tensor operator()(const at::Tensor& z) const;
  std::vector<at::Tensor> parameters() const;
};

// T: (mu, log sigma^2) -> 2k -> 2k -> (mu_T: k, log sigma_T^2: k), sigmoid on the hidden layers.
// Exists only in training.
struct Transformer {
  Dense hidden1;
  Dense hidden2;
  Dense mean;
  Dense log_variance;

  static Transformer Random(int64_t latent, at::Generator& generator);

  Gaussian operator()(const Gaussian& encoded) const;
  std::vector<at::Tensor> parameters() const;
};

// Makes `parameters` leaves that gradients are computed for (true), or constants that gradients
// flow through without being computed for them (false).
void SetTrainable(const std::vector<at::Tensor>& parameters, bool trainable);

}  // namespace advae

#endif  // ADVAE_MODEL_TRAINING_NETWORKS_H_
