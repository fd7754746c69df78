#ifndef ADVAE_MODEL_NEIGHBORHOOD_FEATURE_RELATIONS_H_
#define ADVAE_MODEL_NEIGHBORHOOD_FEATURE_RELATIONS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"

namespace advae {

// Linear relations between the features of remembered rows, and how far a row is from them. A
// distance, in which all features count alike, sees little of a feature that does not fit to the
// others when its value is a usual one (docs/decisions/0094-a-bonus-where-a-relation-breaks.md).
//
// e features are related, p of them are explained by the others. The residual of an explained
// feature j is
//
//   t_j = sum_k W_kj (x_k - m_k),
//
// what a ridge regression of j on the other related features leaves, in its standard deviations.
// The break of a row is r = max_j |t_j|, and its bonus kBonusSlope log2(max(1, r / threshold)).
//
// Thread-safe while nobody changes it.
struct FeatureRelations {
  // At most so many features are related.
  static constexpr size_t kMaxRelated = 512;
  static constexpr double kBonusSlope = 2;

  std::vector<uint32_t> related;    // [e], ascending: features of a row
  std::vector<double> means;        // m [e], in scaled units
  std::vector<uint32_t> explained;  // [p], ascending: places in `related`
  std::vector<double> weights;      // W, row-major [e, p]
  double threshold = 1;             // of the break, up to which there is no bonus; above 0

  // kInvalidArgument unless sizes fit each other and rows of so many features, there is an
  // explained feature, the numbers are finite, and an explained feature's own weight is above 0.
  absl::Status Validate(size_t features) const;

  // Multiply-adds of a row.
  size_t multiply_adds() const { return weights.size(); }

  // t [p] of a scaled row. The same bits in every batch, thread and process.
  void Residuals(const float* row, std::span<double> residuals) const;
  // Of a row with these residuals: 0 or more, and never decreasing in any of them.
  double Bonus(std::span<const double> residuals) const;
  // What the others say of explained feature number `n` in place of its value `x` in the row.
  double Expected(size_t n, double x, double residual) const { return x - residual / OwnWeight(n); }

 private:
  // W_jj of explained feature j, which is number `n` of them.
  double OwnWeight(size_t n) const { return weights[explained[n] * explained.size() + n]; }
};

// The largest |t_j|.
double LargestResidual(std::span<const double> residuals);

}  // namespace advae

#endif  // ADVAE_MODEL_NEIGHBORHOOD_FEATURE_RELATIONS_H_
