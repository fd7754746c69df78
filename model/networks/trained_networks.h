#ifndef ADVAE_MODEL_NETWORKS_TRAINED_NETWORKS_H_
#define ADVAE_MODEL_NETWORKS_TRAINED_NETWORKS_H_

// Private to model/networks, model/training and tests: needs LibTorch.

#include "advae/v1/types.pb.h"
#include "model/networks/perceptron.h"
#include "model/scoring/network_weights.h"

namespace advae {

// The networks of adVAE for rows of `features` values, initialised with `random`. The sizes h and k
// come from `parameters`. The Gaussians are 2k values: k means, then k log-variances.

// E: d -> h -> h -> (mu, log sigma^2), ReLU on the hidden layers.
Perceptron NewEncoder(const v1::Hyperparameters& parameters, int64_t features,
                      at::Generator& random);
// G: k -> h -> h -> d, ReLU on the hidden layers, sigmoid on the output.
Perceptron NewGenerator(const v1::Hyperparameters& parameters, int64_t features,
                        at::Generator& random);
// T: (mu, log sigma^2) -> 2k -> 2k -> (mu_T, log sigma_T^2), sigmoid on the hidden layers. Exists
// only in training.
Perceptron NewTransformer(const v1::Hyperparameters& parameters, at::Generator& random);

NetworkWeights WeightsOf(const Perceptron& encoder, const Perceptron& generator);

}  // namespace advae

#endif  // ADVAE_MODEL_NETWORKS_TRAINED_NETWORKS_H_
