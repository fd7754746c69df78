#include "model/data/evaluation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

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
    if (!std::isfinite(scores[i])) {
      return absl::InvalidArgumentError(
          absl::StrCat("score ", i, " is ", scores[i], "; expected a finite number"));
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

}  // namespace

absl::StatusOr<RankingQuality> EvaluateRanking(std::span<const double> scores,
                                               const std::vector<bool>& labels) {
  if (absl::Status status = ValidateRanking(scores, labels); !status.ok()) return status;
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  const auto anomalies = static_cast<double>(std::count(labels.begin(), labels.end(), true));
  const double normal = static_cast<double>(scores.size()) - anomalies;

  // Descends through the scores, one group of equal ones at a time.
  double true_positives = 0;
  double false_positives = 0;
  RankingQuality quality;
  for (size_t first = 0; first < order.size();) {
    double group_anomalies = 0;
    size_t last = first;
    for (; last < order.size() && scores[order[last]] == scores[order[first]]; ++last) {
      group_anomalies += labels[order[last]] ? 1 : 0;
    }
    const double group_normal = static_cast<double>(last - first) - group_anomalies;
    // A normal row loses against all anomalies above it and, as ties, half of those beside it.
    quality.roc_auc += group_normal * (true_positives + group_anomalies / 2);
    true_positives += group_anomalies;
    false_positives += group_normal;
    quality.average_precision +=
        group_anomalies / anomalies * true_positives / (true_positives + false_positives);
    first = last;
  }
  quality.roc_auc /= anomalies * normal;
  return quality;
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
