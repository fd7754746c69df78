#ifndef ADVAE_MODEL_DATA_EVALUATION_H_
#define ADVAE_MODEL_DATA_EVALUATION_H_

#include <cstddef>
#include <span>
#include <utility>
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

// `scores` have the size of `labels` and may be infinite, but not NaN. kInvalidArgument otherwise,
// or when there is not at least one row of each kind.
absl::StatusOr<RankingQuality> EvaluateRanking(std::span<const double> scores,
                                               const std::vector<bool>& labels);

// What each possible threshold would make of scores, as points (x, y).
struct RankingCurves {
  // Share of the normal rows called anomalous, and recall; from (0, 0) to (1, 1).
  std::vector<std::pair<double, double>> roc;
  // Recall and precision; begins at recall 0 with the precision of the highest score.
  std::vector<std::pair<double, double>> precision_recall;
};

// One point a distinct score, descending, and the first one. Errors as in EvaluateRanking.
absl::StatusOr<RankingCurves> CalculateRankingCurves(std::span<const double> scores,
                                                     const std::vector<bool>& labels);

// Observed false alarms: the share of the p-values of normal rows that are at most alpha, for each
// of `alphas`; 0 when there are no p-values. Calibrated p-values give about alpha.
std::vector<double> AlarmShares(std::vector<double> normal_p_values,
                                std::span<const double> alphas);

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
