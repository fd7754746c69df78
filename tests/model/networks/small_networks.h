#ifndef ADVAE_TESTS_MODEL_NETWORKS_SMALL_NETWORKS_H_
#define ADVAE_TESTS_MODEL_NETWORKS_SMALL_NETWORKS_H_

#include <torch/csrc/autograd/autograd.h>

#include <cstdint>

#include "advae/v1/types.pb.h"

namespace advae::testing {

inline at::Generator Seeded(uint64_t seed) {
  return at::make_generator<at::CPUGeneratorImpl>(seed);
}

// [rows][features] in [0, 1), always the same.
inline at::Tensor RandomRows(int64_t rows, int64_t features) {
  at::Generator random = Seeded(99);
  return at::rand({rows, features}, random);
}

// Eight hidden and two latent units. Lambda and the margins are the test's to set.
inline v1::Hyperparameters SmallNetworks(v1::Objective objective) {
  v1::Hyperparameters parameters;
  parameters.set_objective(objective);
  parameters.set_latent_size(2);
  parameters.set_hidden_size(8);
  parameters.set_batch_size(16);
  parameters.set_gamma(0.02);
  parameters.set_generator_weight(3);
  return parameters;
}

}  // namespace advae::testing

#endif  // ADVAE_TESTS_MODEL_NETWORKS_SMALL_NETWORKS_H_
