#ifndef ADVAE_MODEL_FITTING_FIT_NEIGHBORHOOD_H_
#define ADVAE_MODEL_FITTING_FIT_NEIGHBORHOOD_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "model/data/matrix.h"
#include "model/neighborhood/neighborhood_memory.h"
#include "model/scoring/scaler.h"

namespace advae {

struct NeighborhoodOptions {
  // Rows to remember at most, at least 2. All training rows when there are no more; otherwise so
  // many of them, drawn at random without replacement.
  uint32_t memory_rows = 16'384;
  uint64_t seed = 1;  // of the draw
  int threads = 1;    // that search, at least 1; they change no bit of the result
  size_t marks = 0;   // the last features, which are not remembered (MissingValues)
  // Not null when training rows had missing values: what is remembered in the place of the rows
  // that are drawn, in their order, scaled and without marks (TrainingRows).
  const Matrix* remembered = nullptr;
  // Not null then: the rows as they came, with NaN where a value is missing.
  const MatrixView* incomplete = nullptr;
  // Features that may be related to one another, ascending; null for all.
  const std::vector<uint32_t>* relatable = nullptr;
};

struct FittedNeighborhood {
  Neighborhood neighborhood;
  // Of the training rows, in their order, by the version with this memory. A row that is remembered
  // is scored as if it were not: its own copy and its part in the radii of none but its neighbours
  // are left out, so that training scores are like those of new rows.
  std::vector<double> training_scores;
};

// Makes a memory of training `rows` (not scaled, and without missing values), and learns from them
// how the parts of a score compare, and which features are related. `network_scores` are the rows'
// scores by the networks alone, in the same order.
//
// kInvalidArgument for fewer than two rows, options out of range, or sizes that disagree. O(m n d)
// for m rows of which n are remembered.
absl::StatusOr<FittedNeighborhood> FitNeighborhood(MatrixView rows, const MinMaxScaler& scaler,
                                                   std::span<const double> network_scores,
                                                   const NeighborhoodOptions& options);

}  // namespace advae

#endif  // ADVAE_MODEL_FITTING_FIT_NEIGHBORHOOD_H_
