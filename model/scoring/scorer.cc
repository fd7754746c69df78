#include "model/scoring/scorer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace advae {
namespace {

// ||x - r||^2 of each row of x and r [rows][columns], summed in the order of the columns. Several
// rows at a time, as each sum has to wait for its own last addition.
void SquaredErrors(const float* x, const float* r, size_t rows, size_t columns, double* sums) {
  constexpr size_t kRowsAtATime = 8;
  for (size_t first = 0; first < rows; first += kRowsAtATime) {
    const size_t end = std::min(first + kRowsAtATime, rows);
    std::fill(sums + first, sums + end, 0.0);
    for (size_t j = 0; j < columns; ++j) {
      for (size_t i = first; i < end; ++i) {
        const double error = static_cast<double>(x[i * columns + j]) - r[i * columns + j];
        sums[i] += error * error;
      }
    }
  }
}

size_t MultiplyAdds(const DenseLayer& layer) { return layer.inputs * layer.outputs; }

size_t MultiplyAdds(const NetworkWeights& weights, size_t samples) {
  const auto& [encoder, generator] = weights;
  return MultiplyAdds(encoder.hidden1) + MultiplyAdds(encoder.hidden2) +
         MultiplyAdds(encoder.mean) + MultiplyAdds(encoder.log_variance) +
         samples * (MultiplyAdds(generator.hidden1) + MultiplyAdds(generator.hidden2) +
                    MultiplyAdds(generator.output));
}

}  // namespace

absl::StatusOr<std::unique_ptr<const Scorer>> Scorer::Create(const NetworkWeights& weights,
                                                             MinMaxScaler scaler,
                                                             const LatentPlan& plan,
                                                             InstructionSet set) {
  if (absl::Status status = weights.Validate(); !status.ok()) return status;
  if (scaler.columns() != weights.features()) {
    return absl::InvalidArgumentError(absl::StrCat("the networks take ", weights.features(),
                                                   " features, but the scaler has ",
                                                   scaler.columns()));
  }
  if (plan.latent_size != weights.latent_size() || plan.samples == 0 ||
      plan.points.size() != plan.samples * plan.latent_size) {
    return absl::InvalidArgumentError(
        absl::StrCat("the networks need a latent plan of at least one point of size ",
                     weights.latent_size(), ", got ", plan.points.size(), " values for ",
                     plan.samples, " points of size ", plan.latent_size));
  }
  if (!std::ranges::all_of(plan.points, [](float value) { return std::isfinite(value); })) {
    return absl::InvalidArgumentError("a value of the latent plan is not finite");
  }
  return std::unique_ptr<const Scorer>(new Scorer(std::move(scaler),
                                                  ScoringKernel::Create(weights, plan, set),
                                                  MultiplyAdds(weights, plan.samples)));
}

Scorer::Scorer(MinMaxScaler scaler, std::unique_ptr<const ScoringKernel> kernel,
               size_t multiply_adds)
    : scaler_(std::move(scaler)), kernel_(std::move(kernel)), multiply_adds_(multiply_adds) {}

void Scorer::Score(MatrixView rows, std::span<double> scores, std::span<float> reconstructions,
                   ScoringMemory& memory) const {
  const size_t columns = rows.columns;
  const size_t tile_rows = std::min(kernel_->tile_rows(), rows.rows);
  memory.scaled.resize(std::max(memory.scaled.size(), tile_rows * columns));
  memory.reconstructed.resize(std::max(memory.reconstructed.size(), tile_rows * columns));
  for (size_t first = 0; first < rows.rows; first += tile_rows) {
    const size_t count = std::min(tile_rows, rows.rows - first);
    for (size_t i = 0; i < count; ++i) {
      scaler_.Transform(rows.row(first + i).data(), memory.scaled.data() + i * columns);
    }
    float* const reconstructed =
        reconstructions.empty() ? memory.reconstructed.data() : &reconstructions[first * columns];
    kernel_->Reconstruct(memory.scaled.data(), count, reconstructed, memory.kernel);
    SquaredErrors(memory.scaled.data(), reconstructed, count, columns, &scores[first]);
  }
}

void Scorer::Score(MatrixView rows, std::span<double> scores,
                   std::span<float> reconstructions) const {
  ScoringMemory memory;
  Score(rows, scores, reconstructions, memory);
}

}  // namespace advae
