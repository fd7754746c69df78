#include "model/data/evaluation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

double Ratio(size_t numerator, size_t denominator) {
  return denominator == 0 ? 0 : static_cast<double>(numerator) / static_cast<double>(denominator);
}

absl::Status ValidateRanking(std::span<const double> scores, const std::vector<bool>& labels) {
  if (scores.size() != labels.size()) {
    return absl::InvalidArgumentError(absl::StrCat(scores.size(), " scores for ", labels.size(),
                                                   " labels; expected one for each"));
  }
  for (size_t i = 0; i < scores.size(); ++i) {
    if (std::isnan(scores[i])) {
      return absl::InvalidArgumentError(absl::StrCat("score ", i, " is NaN; expected a number"));
    }
  }
  const auto anomalies = std::count(labels.begin(), labels.end(), true);
  const auto normal = std::count(labels.begin(), labels.end(), false);
  if (anomalies == 0 || normal == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(anomalies, " anomalies and ", normal,
                     " normal rows by their labels; expected at least one of each"));
  }
  return absl::OkStatus();
}

// Rows with at least one score's value: how many are anomalies by their labels, and how many not.
struct RankingStep {
  double true_positives = 0;
  double false_positives = 0;
};

// One step a distinct score, descending. The last one has all rows, some of each kind.
absl::StatusOr<std::vector<RankingStep>> RankingSteps(std::span<const double> scores,
                                                      const std::vector<bool>& labels) {
  ADVAE_RETURN_IF_ERROR(ValidateRanking(scores, labels));
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  std::vector<RankingStep> steps;
  RankingStep step;
  for (size_t i = 0; i < order.size(); ++i) {
    ++(labels[order[i]] ? step.true_positives : step.false_positives);
    const bool is_last_of_equals =
        i + 1 == order.size() || scores[order[i + 1]] != scores[order[i]];
    if (is_last_of_equals) steps.push_back(step);
  }
  return steps;
}

}  // namespace

absl::StatusOr<RankingQuality> EvaluateRanking(std::span<const double> scores,
                                               const std::vector<bool>& labels) {
  ADVAE_ASSIGN_OR_RETURN(const std::vector<RankingStep> steps, RankingSteps(scores, labels));
  const RankingStep& all = steps.back();
  RankingStep last;
  RankingQuality quality;
  for (const RankingStep& step : steps) {
    const double anomalies = step.true_positives - last.true_positives;
    const double normal = step.false_positives - last.false_positives;
    // A normal row loses against all anomalies above it and, as ties, half of those beside it.
    quality.roc_auc += normal * (last.true_positives + anomalies / 2);
    quality.average_precision += anomalies / all.true_positives * step.true_positives /
                                 (step.true_positives + step.false_positives);
    last = step;
  }
  quality.roc_auc /= all.true_positives * all.false_positives;
  return quality;
}

absl::StatusOr<RankingCurves> CalculateRankingCurves(std::span<const double> scores,
                                                     const std::vector<bool>& labels) {
  ADVAE_ASSIGN_OR_RETURN(const std::vector<RankingStep> steps, RankingSteps(scores, labels));
  const RankingStep& all = steps.back();
  RankingCurves curves{.roc = {{0, 0}}, .precision_recall = {}};
  for (const RankingStep& step : steps) {
    const double recall = step.true_positives / all.true_positives;
    const double precision = step.true_positives / (step.true_positives + step.false_positives);
    if (curves.precision_recall.empty()) curves.precision_recall.emplace_back(0, precision);
    curves.roc.emplace_back(step.false_positives / all.false_positives, recall);
    curves.precision_recall.emplace_back(recall, precision);
  }
  return curves;
}

std::vector<double> AlarmShares(std::vector<double> normal_p_values,
                                std::span<const double> alphas) {
  std::sort(normal_p_values.begin(), normal_p_values.end());
  std::vector<double> shares;
  for (const double alpha : alphas) {
    const auto alarms = std::upper_bound(normal_p_values.begin(), normal_p_values.end(), alpha) -
                        normal_p_values.begin();
    shares.push_back(Ratio(static_cast<size_t>(alarms), normal_p_values.size()));
  }
  return shares;
}

double VerdictQuality::precision() const {
  return Ratio(true_positives, true_positives + false_positives);
}

double VerdictQuality::recall() const {
  return Ratio(true_positives, true_positives + false_negatives);
}

double VerdictQuality::f1() const {
  return Ratio(2 * true_positives, 2 * true_positives + false_positives + false_negatives);
}

double VerdictQuality::false_alarm_rate() const {
  return Ratio(false_positives, false_positives + true_negatives);
}

VerdictQuality EvaluateVerdicts(const std::vector<bool>& verdicts,
                                const std::vector<bool>& labels) {
  VerdictQuality quality;
  for (size_t i = 0; i < labels.size(); ++i) {
    if (verdicts[i]) {
      ++(labels[i] ? quality.true_positives : quality.false_positives);
    } else {
      ++(labels[i] ? quality.false_negatives : quality.true_negatives);
    }
  }
  return quality;
}

}  // namespace advae
