#ifndef ADVAE_MODEL_NEIGHBORHOOD_SCORE_COMBINATION_H_
#define ADVAE_MODEL_NEIGHBORHOOD_SCORE_COMBINATION_H_

#include <span>

#include "absl/status/status.h"

namespace advae {

// What the scores of one part of a version are measured against: the part's scores of training
// rows that it has not seen.
struct PartScale {
  double floor = 1e-300;  // lower scores count as this one; above 0
  double center = 0;      // median of the logarithms of the scores
  double width = 1;       // by how much a usual high score is above it; above 0

  // Of `training_scores`, which are finite, at least 0, and one or more. The floor is half the
  // median of those above 0, so that duplicates among the rows do not widen the scale. The width is
  // that of the 90 % quantile, or, where the upper tail is heavy, that of the 99 % quantile over
  // 3.5. Where nine of ten scores are nearly equal, the first is the standard deviation of the
  // logarithms instead, and 0.05 at least.
  static PartScale Fit(std::span<const double> training_scores);

  // kInvalidArgument unless the numbers are finite, and floor and width above 0.
  absl::Status Validate() const;

  // The score of a median training row.
  double Median() const;

  // The score in widths above the center, at least -5; beyond 8 it goes on as a logarithm, so that
  // one part can neither rule the others nor lose the order of its rows. Never decreasing.
  double Standardize(double score) const;
};

// log2(1 + 2^z): above 0, and increasing in z. 1 for z = 0, about z for a large one.
double ScoreOf(double z);

}  // namespace advae

#endif  // ADVAE_MODEL_NEIGHBORHOOD_SCORE_COMBINATION_H_
