#ifndef ADVAE_TESTS_MODEL_NETWORKS_REFERENCE_NETWORKS_H_
#define ADVAE_TESTS_MODEL_NETWORKS_REFERENCE_NETWORKS_H_

// Private to advae::training and its tests: needs LibTorch.

#include "model/networks/torch_headers.h"
#include "model/scoring/network_weights.h"

namespace advae {

// E and G in LibTorch's operations and double precision: slow, plain to read, and differentiable by
// autograd. What is fast is compared with them.
//
// Rows are the first dimension of every tensor here: a batch of n rows with d features is [n, d].

// One diagonal normal distribution N(mean, exp(log_variance)) in each row, both [n, k].
struct Gaussian {
  at::Tensor mean;
  at::Tensor log_variance;
};

// y = x W^T + b, with W [outputs, inputs] and b [outputs].
struct Dense {
  at::Tensor weight;
  at::Tensor bias;

  static Dense FromWeights(const DenseLayer& layer);

  at::Tensor operator()(const at::Tensor& x) const;
};

// E: d -> h -> h -> (mu: k, log sigma^2: k), ReLU on the hidden layers.
struct Encoder {
  Dense hidden1;
  Dense hidden2;
  Dense mean;
  Dense log_variance;

  static Encoder FromWeights(const EncoderWeights& weights);

  Gaussian operator()(const at::Tensor& x) const;
};

// G: k -> h -> h -> d, ReLU on the hidden layers, sigmoid on the output.
struct Generator {
  Dense hidden1;
  Dense hidden2;
  Dense output;

  static Generator FromWeights(const GeneratorWeights& weights);

  at::Tensor operator()(const at::Tensor& z) const;
};

}  // namespace advae

#endif  // ADVAE_TESTS_MODEL_NETWORKS_REFERENCE_NETWORKS_H_
