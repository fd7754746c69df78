#ifndef ADVAE_MODEL_NETWORKS_PERCEPTRON_H_
#define ADVAE_MODEL_NETWORKS_PERCEPTRON_H_

// Private to model/networks, model/training and tests: needs LibTorch.

#include <array>
#include <cstdint>

#include "model/networks/optimizer.h"
#include "model/networks/torch_headers.h"
#include "model/scoring/network_weights.h"

namespace advae {

enum class Activation { kIdentity, kRelu, kSigmoid };

struct PerceptronShape {
  int64_t inputs = 0;
  int64_t hidden = 0;  // width of both hidden layers
  int64_t outputs = 0;
  Activation hidden_activation = Activation::kRelu;
  Activation output_activation = Activation::kIdentity;
};

// The parameters of a fully connected network with two hidden layers, inputs -> hidden -> hidden ->
// outputs: y = f(x W^T + b) in each layer, with W [outputs, inputs] and b [outputs]. The three
// networks of adVAE have this form. A network whose output is a Gaussian has the rows of the mean
// before those of the logarithm of the variance in its last layer.
//
// All parameters lie in one buffer, and so do their gradients, for the optimizer. Copies share
// both.
class Perceptron {
 public:
  static constexpr int kLayers = 3;

  // Views of the buffers.
  struct Layer {
    at::Tensor weight;
    at::Tensor bias;
    at::Tensor weight_gradient;
    at::Tensor bias_gradient;
    Activation activation;
  };

  // Independent uniform draws from +-1 / sqrt(inputs of the layer), as torch.nn.Linear has them.
  // The gradients are zero.
  Perceptron(const PerceptronShape& shape, at::Generator& generator);

  const PerceptronShape& shape() const { return shape_; }
  const Layer& layer(int i) const { return layers_[i]; }
  // All parameters and their gradients, layer by layer.
  Optimizer::Buffers buffers() const;

  // The outputs [first, first + count) of a layer as a layer of their own.
  DenseLayer ToWeights(int layer, int64_t first, int64_t count) const;
  DenseLayer ToWeights(int layer) const;

 private:
  PerceptronShape shape_;
  at::Tensor parameters_;  // [P]
  at::Tensor gradients_;   // [P]
  std::array<Layer, kLayers> layers_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_NETWORKS_PERCEPTRON_H_
