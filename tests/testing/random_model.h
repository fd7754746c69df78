#ifndef ADVAE_TESTS_TESTING_RANDOM_MODEL_H_
#define ADVAE_TESTS_TESTING_RANDOM_MODEL_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "model/data/matrix.h"
#include "model/fitting/build_bundle.h"
#include "model/scoring/network_weights.h"
#include "model/scoring/scaler.h"
#include "model/scoring/version_bundle.h"

namespace advae::testing {

// Random models for tests and benchmarks that need some model, not a good one.

struct NetworkSizes {
  size_t features;
  size_t encoder_hidden1;
  size_t encoder_hidden2;
  size_t latent;
  size_t generator_hidden1;
  size_t generator_hidden2;
};

// Values from [-scale, scale].
inline DenseLayer RandomLayer(size_t inputs, size_t outputs, float scale, std::mt19937& random) {
  std::uniform_real_distribution<float> uniform(-scale, scale);
  DenseLayer layer{.inputs = inputs, .outputs = outputs, .weight = {}, .bias = {}};
  for (size_t i = 0; i < inputs * outputs; ++i) layer.weight.push_back(uniform(random));
  for (size_t i = 0; i < outputs; ++i) layer.bias.push_back(uniform(random));
  return layer;
}

// Networks whose activations stay of the order of `scale`.
inline NetworkWeights RandomWeights(const NetworkSizes& sizes, uint32_t seed, float scale = 1) {
  std::mt19937 random(seed);
  const auto layer = [&](size_t inputs, size_t outputs) {
    return RandomLayer(inputs, outputs, scale * std::sqrt(3.0f / static_cast<float>(inputs)),
                       random);
  };
  const auto& [d, e1, e2, k, g1, g2] = sizes;
  return {.encoder = {layer(d, e1), layer(e1, e2), layer(e2, k), layer(e2, k)},
          .generator = {layer(k, g1), layer(g1, g2), layer(g2, d)}};
}

// Rows of values from [-scale, scale].
inline Matrix RandomRows(size_t rows, size_t columns, uint32_t seed, float scale = 1) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-scale, scale);
  Matrix matrix{.values = std::vector<float>(rows * columns), .columns = columns};
  for (float& value : matrix.values) value = uniform(random);
  return matrix;
}

// A small but complete version: 3 features, 2 latent dimensions, 20 training rows, `memory_rows` of
// which it remembers.
inline absl::StatusOr<VersionBundle> RandomBundle(const std::string& model, uint32_t seed = 1,
                                                  uint32_t memory_rows = 0) {
  const Matrix rows = RandomRows(20, 3, seed);
  absl::StatusOr<MinMaxScaler> scaler = MinMaxScaler::Fit(rows.view());
  if (!scaler.ok()) return scaler.status();
  absl::StatusOr<VersionBundle> bundle = BuildBundle(
      {.model = model,
       .feature_names = {"flow", "pressure", "temp\xc3\xa9rature"},
       .latent_plan = {},
       .seed = seed,
       .memory_rows = memory_rows},
      rows.view(), {.networks = {RandomWeights({3, 5, 4, 2, 6, 7}, seed)}}, *std::move(scaler));
  if (!bundle.ok()) return bundle;
  bundle->info.set_origin(v1::ORIGIN_IMPORTED);
  if (memory_rows > 0) bundle->info.mutable_hyperparameters()->set_memory_rows(memory_rows);
  return bundle;
}

}  // namespace advae::testing

#endif  // ADVAE_TESTS_TESTING_RANDOM_MODEL_H_
