#include "model/spec/job_memory.h"

#include <algorithm>

#include "model/neighborhood/neighborhood_memory.h"
#include "model/scoring/latent_plan.h"
#include "model/simd/neighbor_search.h"
#include "model/spec/hyperparameters.h"

namespace advae {
namespace {

constexpr double kFloat = 4;  // bytes
constexpr double kDouble = 8;

// Objects of fixed size.
constexpr double kObjectBytes = 4 << 20;

// Of a panel that the matrix product packs, in floats.
constexpr double kPanelColumns = 64;

// The sizes of a shape as numbers to compute with.
struct Sizes {
  explicit Sizes(const TrainingShape& shape)
      : m(static_cast<double>(shape.rows)),
        d(static_cast<double>(shape.version.features)),
        h(static_cast<double>(shape.version.hidden_size)),
        k(static_cast<double>(shape.version.latent_size)),
        b(static_cast<double>(std::min(shape.batch_size, shape.rows))),
        members(static_cast<double>(shape.version.members)),
        parameters(CountParameters(shape.version)),
        row_bytes(m * d * kFloat) {}

  double m, d, h, k, b;
  double members;
  double parameters;  // of E and G
  double row_bytes;   // all rows as floats
};

// The last members in training, one a thread: their networks with gradients and two moments, a copy
// of the result, what flows through the networks for a batch, and the rows without those that the
// member leaves out; the networks of the members before them; the rows as sent, and scaled.
double WhileTraining(const TrainingShape& shape, const Sizes& s) {
  const double transformer = shape.has_transformer ? 3 * (4 * s.k * s.k + 2 * s.k) : 0;
  const double networks = 4 * (s.parameters + transformer) + s.parameters;
  const double activations = shape.has_transformer ? s.b * (38 * s.k + 7 * s.d + 20 * s.h)
                                                   : s.b * (9 * s.k + 5 * s.d + 8 * s.h);
  const double widest = std::max({s.h, s.d, 2 * s.k});
  const double panels =
      kPanelColumns * (shape.has_transformer ? 6 * s.b + 3 * widest : 2 * s.b + 2 * widest);
  const double at_a_time = std::min(s.members, static_cast<double>(shape.threads));
  const double copies = s.members > 1 ? 2 + at_a_time : 2;
  return kFloat * (at_a_time * (networks + activations + panels) +
                   (s.members - at_a_time) * s.parameters) +
         copies * s.row_bytes + 2 * kDouble * s.m;
}

// The remembered rows in scaled and in rank space, packed for searches, and copied into the
// version, and the neighbours of each; the training rows within the scaler's range, and their
// scores by each part.
struct RememberedRows {
  uint64_t memory_rows;
  double rows;
  double features;
  uint64_t threads;
};
double Remembering(const RememberedRows& of) {
  if (of.memory_rows == 0) return 0;
  const auto n = static_cast<double>(of.memory_rows);
  constexpr double kTileBytes = 256 * 600;  // of each thread, but for the rows
  constexpr double kNeighborBytes = sizeof(Neighbor) * (kScaledNeighbors + kRankedNeighbors);
  return 6 * kFloat * n * (of.features + 4) + kNeighborBytes * n + of.rows * of.features * kFloat +
         8 * kDouble * of.rows +
         static_cast<double>(of.threads) * (kTileBytes + 256 * 2 * kFloat * of.features);
}

// All members as trained, in ensembles with and without whitening, and once more as one of them
// scores the rows; the rows, and copies of those that it scores; which rows each has seen.
double WhileCombining(const TrainingShape& shape, const Sizes& s) {
  const double whitening = shape.tries_whitening ? s.d * s.d : 0;
  const double ensembles = s.members * (shape.tries_whitening ? 3 : 2) * s.parameters;
  const double scorer =
      3 * (s.parameters + whitening) + static_cast<double>(shape.version.samples) * s.k + s.k * s.h;
  const double fitting =
      shape.tries_whitening ? 6 * s.d * s.d + 4 * std::min(s.m, 10'000.0) * s.d : 0;
  const double scratch = static_cast<double>(shape.threads) *
                         static_cast<double>(EstimateVersionMemory(shape.version).scratch);
  const double combining = kFloat * (ensembles + s.members * whitening + scorer + fitting) +
                           (s.members > 1 ? 1.5 : 2) * s.row_bytes +
                           kDouble * s.m * (2 * s.members + 6) + scratch;
  return combining + Remembering({.memory_rows = shape.version.memory_rows,
                                  .rows = s.m,
                                  .features = s.d,
                                  .threads = shape.threads});
}

// The finished version, its tensors as doubles, and the file of them.
double WhilePublishing(const TrainingShape& shape, const Sizes& s) {
  const double values = s.members * (s.parameters + (shape.tries_whitening ? s.d * s.d : 0)) +
                        static_cast<double>(shape.version.samples) * s.k +
                        static_cast<double>(shape.version.memory_rows) * (s.d + 4);
  return values * (2 * kFloat + kDouble) + s.row_bytes + 8 * kDouble * s.m +
         static_cast<double>(shape.version.feature_name_bytes) * 6 + 1000 * s.d;
}

}  // namespace

TrainingShape TrainingShape::Of(const v1::TrainSpec& spec, uint64_t rows, uint32_t features,
                                uint64_t threads) {
  // The variance of the rows has no part in any size.
  const v1::Hyperparameters parameters =
      ResolveHyperparameters(spec.hyperparameters(), {.rows = rows, .features = features})
          .value_or(v1::Hyperparameters());
  const bool tries_whitening =
      parameters.error_metric() == v1::ERROR_METRIC_WHITENED ||
      (parameters.error_metric() == v1::ERROR_METRIC_AUTOMATIC && features <= kMaxWhitenedFeatures);
  const v1::LatentPlanSpec plan =
      ResolveLatentPlanSpec(WithDefaultSamples(spec.latent_plan(), parameters.memory_rows()), 0)
          .value_or(v1::LatentPlanSpec());
  return {.rows = rows,
          .version = {.features = features,
                      .hidden_size = parameters.hidden_size(),
                      .latent_size = parameters.latent_size(),
                      .members = parameters.ensemble_size(),
                      .samples = plan.samples(),
                      .training_rows = rows,
                      .whitened = tries_whitening,
                      .memory_rows = parameters.memory_rows()},
          .batch_size = parameters.batch_size(),
          .has_transformer = parameters.objective() != v1::OBJECTIVE_VAE &&
                             parameters.objective() != v1::OBJECTIVE_AE,
          .tries_whitening = tries_whitening,
          .leaves_out_rows = parameters.contamination() > 0,
          .threads = threads};
}

uint64_t EstimateTrainingMemory(const TrainingShape& shape) {
  const Sizes sizes(shape);
  const double kept_rows = shape.leaves_out_rows ? sizes.row_bytes : 0;
  return ToBytes(kObjectBytes + kept_rows +
                 std::max({WhileTraining(shape, sizes), WhileCombining(shape, sizes),
                           WhilePublishing(shape, sizes)}));
}

uint64_t EstimateImportMemory(const ImportShape& shape) {
  const auto rows = static_cast<double>(shape.rows);
  const auto features = static_cast<double>(shape.features);
  const double remembering = Remembering({.memory_rows = std::min(shape.memory_rows, shape.rows),
                                          .rows = rows,
                                          .features = features,
                                          .threads = shape.threads});
  return ToBytes(kObjectBytes + 8 * static_cast<double>(shape.file_bytes) +
                 2 * rows * features * kFloat + 10 * kDouble * rows + remembering);
}

}  // namespace advae
