#ifndef ADVAE_MODEL_DATA_EVALUATION_H_
#define ADVAE_MODEL_DATA_EVALUATION_H_

#include <cstddef>
#include <span>
#include <vector>

#include "absl/status/statusor.h"

namespace advae {

// How well scores tell anomalies (label true) from normal rows (label false).
struct RankingQuality {
  // Area under the precision-recall curve as a step function, sum_n (R_n - R_{n-1}) P_n over the
  // distinct scores in descending order: scikit-learn's average_precision_score.
  double average_precision = 0;
  // Probability that an anomaly's score exceeds a normal row's, ties counting one half.
  double roc_auc = 0;
};

// `scores` are finite and have the size of `labels`. kInvalidArgument when they do not, or when
// there is not at least one row of each kind.
absl::StatusOr<RankingQuality> EvaluateRanking(std::span<const double> scores,
                                               const std::vector<bool>& labels);

// Verdicts against labels. A ratio without denominator is 0.
struct VerdictQuality {
  size_t true_positives = 0;
  size_t false_positives = 0;
  size_t true_negatives = 0;
  size_t false_negatives = 0;

  double precision() const;
  double recall() const;
  double f1() const;                // harmonic mean of precision and recall
  double false_alarm_rate() const;  // share of the normal rows that were called anomalous
};

// `verdicts` has the size of `labels`.
VerdictQuality EvaluateVerdicts(const std::vector<bool>& verdicts, const std::vector<bool>& labels);

}  // namespace advae

#endif  // ADVAE_MODEL_DATA_EVALUATION_H_
