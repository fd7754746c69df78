#ifndef ADVAE_MODEL_SCORING_NETWORK_WEIGHTS_H_
#define ADVAE_MODEL_SCORING_NETWORK_WEIGHTS_H_

#include <cstddef>

#include "absl/status/status.h"
#include "model/simd/dense_layer.h"

namespace advae {

// E: d -> h -> h -> (mu: k, log sigma^2: k), ReLU on the hidden layers.
struct EncoderWeights {
  DenseLayer hidden1;
  DenseLayer hidden2;
  DenseLayer mean;
  DenseLayer log_variance;
};

// G: k -> h -> h -> d, ReLU on the hidden layers, sigmoid on the output.
struct GeneratorWeights {
  DenseLayer hidden1;
  DenseLayer hidden2;
  DenseLayer output;
};

// What scoring needs of a trained model. The widths of E's and G's hidden layers may all differ.
struct NetworkWeights {
  EncoderWeights encoder;
  GeneratorWeights generator;

  size_t features() const { return encoder.hidden1.inputs; }   // d
  size_t latent_size() const { return encoder.mean.outputs; }  // k

  // kInvalidArgument when a layer does not fit its neighbours, is empty, or holds a value that is
  // not finite; the message names the layer and both sizes.
  absl::Status Validate() const;
};

}  // namespace advae

#endif  // ADVAE_MODEL_SCORING_NETWORK_WEIGHTS_H_
