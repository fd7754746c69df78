#include "model/networks/trained_networks.h"

namespace advae {

Perceptron NewEncoder(const v1::Hyperparameters& parameters, int64_t features,
                      at::Generator& random) {
  return Perceptron({.inputs = features,
                     .hidden = parameters.hidden_size(),
                     .outputs = 2 * int64_t{parameters.latent_size()},
                     .hidden_activation = Activation::kRelu,
                     .output_activation = Activation::kIdentity},
                    random);
}

Perceptron NewGenerator(const v1::Hyperparameters& parameters, int64_t features,
                        at::Generator& random) {
  return Perceptron({.inputs = parameters.latent_size(),
                     .hidden = parameters.hidden_size(),
                     .outputs = features,
                     .hidden_activation = Activation::kRelu,
                     .output_activation = Activation::kSigmoid},
                    random);
}

Perceptron NewTransformer(const v1::Hyperparameters& parameters, at::Generator& random) {
  const int64_t width = 2 * int64_t{parameters.latent_size()};
  return Perceptron({.inputs = width,
                     .hidden = width,
                     .outputs = width,
                     .hidden_activation = Activation::kSigmoid,
                     .output_activation = Activation::kIdentity},
                    random);
}

NetworkWeights WeightsOf(const Perceptron& encoder, const Perceptron& generator) {
  const int64_t k = generator.shape().inputs;
  return {.encoder = {.hidden1 = encoder.ToWeights(0),
                      .hidden2 = encoder.ToWeights(1),
                      .mean = encoder.ToWeights(2, 0, k),
                      .log_variance = encoder.ToWeights(2, k, k)},
          .generator = {.hidden1 = generator.ToWeights(0),
                        .hidden2 = generator.ToWeights(1),
                        .output = generator.ToWeights(2)}};
}

}  // namespace advae
