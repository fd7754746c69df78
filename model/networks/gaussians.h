#ifndef ADVAE_MODEL_NETWORKS_GAUSSIANS_H_
#define ADVAE_MODEL_NETWORKS_GAUSSIANS_H_

// Private to model/networks, model/training and tests: needs LibTorch.

#include <cstdint>
#include <span>

#include "model/networks/activations.h"
#include "model/networks/losses.h"
#include "model/networks/torch_headers.h"
#include "model/simd/vector_loops.h"

namespace advae {

// The outputs of E or T for a batch: in each row one Gaussian as k means, then k log-variances.
// Copies and slices share the buffers.
struct Gaussians {
  Activations parameters;   // [rows, 2k]
  at::Tensor exponentials;  // like the values: e to each of them

  static Gaussians Allocate(int64_t rows, int64_t latent) {
    return {.parameters = Activations::Allocate(rows, 2 * latent),
            .exponentials = at::empty({rows, 2 * latent})};
  }

  Gaussians Slice(RowRange rows) const {
    return {.parameters = parameters.Slice(rows),
            .exponentials = exponentials.narrow(0, rows.first, rows.count)};
  }

  // To be called when the parameters have changed.
  void UpdateVariances() const { Exponentials(Values(parameters.values), Values(exponentials)); }

  GaussianRow row(int64_t i) const {
    const std::span<const float> row = parameters.row(i);
    const size_t k = row.size() / 2;
    return {.mean = row.first(k),
            .log_variance = row.last(k),
            .variance = RowOf(exponentials, i).last(k)};
  }

  GaussianGradientRow gradient_row(int64_t i) const {
    const std::span<float> row = parameters.gradient_row(i);
    const size_t k = row.size() / 2;
    return {.mean = row.first(k), .log_variance = row.last(k)};
  }
};

}  // namespace advae

#endif  // ADVAE_MODEL_NETWORKS_GAUSSIANS_H_
