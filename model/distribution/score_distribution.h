#ifndef ADVAE_MODEL_DISTRIBUTION_SCORE_DISTRIBUTION_H_
#define ADVAE_MODEL_DISTRIBUTION_SCORE_DISTRIBUTION_H_

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/distribution/kernel_tails.h"
#include "model/distribution/p_value_table.h"

namespace advae {

// kInvalidArgument unless alpha is in (0, 1).
absl::Status ValidateAlpha(double alpha);

// kInvalidArgument unless `share` is in [0, 0.5].
absl::Status ValidateTrimmedShare(double share);

// The scores without the highest of them, floor(share * size) in number, in any order. A NaN stays,
// for Fit to find. `share` is valid.
std::vector<double> WithoutHighest(std::vector<double> scores, double share);

// Gaussian kernel density estimate over the m training scores s_i (Wang et al. 2019, Eq. 13-16):
//
//   F(s) = (1/m) sum_i Phi((s - s_i) / h)
//   h = (3 m / 4)^(-1/5) * (sample standard deviation of the scores)
//
// which is Silverman's rule, (m (d + 2) / 4)^(-1/(d + 4)), for scalars (d = 1), in score units. It
// equals scipy.stats.gaussian_kde(bw_method="silverman").
//
// When all scores are equal the standard deviation is 0 and the rule gives no bandwidth; then
// h = max(1e-9, 1e-6 * score), so that the threshold lies just above that score. Otherwise h is
// never less than max(1e-200, 1e-12 * largest score), below which differences are rounding noise.
//
// Immutable and thread-safe.
class ScoreDistribution {
 public:
  // kInvalidArgument when there are fewer than 2 scores, or one is negative, not finite or above
  // 1e100.
  static absl::StatusOr<ScoreDistribution> Fit(std::vector<double> scores);

  size_t size() const { return scores_.size(); }  // m
  double bandwidth() const { return bandwidth_; }
  // Ascending.
  const std::vector<double>& scores() const { return scores_; }

  // Probability density at s, per score unit, exact to rounding; O(m) at worst.
  double Density(double s) const;
  // F(s), exact to rounding also in the lower tail; some microseconds.
  double Cdf(double s) const { return tails_.LowerTail(s); }
  // 1 - F(s), never increasing in s, within 1e-6 of the exact value; O(log m). 0 for an infinite s.
  double PValue(double s) const { return table_.At(s).p_value; }
  // s_alpha: the score with F(s_alpha) = 1 - alpha, to the last bits of a double also for a tiny
  // alpha; some tens of microseconds whatever m is. kInvalidArgument unless alpha is in (0, 1).
  absl::StatusOr<double> Threshold(double alpha) const;
  // The empirical quantile of the training scores, linearly interpolated; q is in [0, 1].
  double Quantile(double q) const;

  // One point of a plot of the distribution.
  struct CurvePoint {
    double score;
    double density;  // within 1e-5 / h
    double cdf;      // within 1e-6
  };
  // `points` of them, evenly spaced from the smallest to the largest score, ascending; one point
  // alone is the smallest score. O(points log m).
  std::vector<CurvePoint> Curve(size_t points) const;

 private:
  ScoreDistribution(std::vector<double> sorted_scores, double bandwidth);

  std::vector<double> scores_;
  double bandwidth_;
  PValueTable table_;
  KernelTails tails_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_DISTRIBUTION_SCORE_DISTRIBUTION_H_
