#include "report/charts.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace advae {

std::vector<ChartPoint> Thinned(const std::vector<ChartPoint>& curve) {
  constexpr double kStep = 1.0 / 400;
  std::vector<ChartPoint> kept;
  for (size_t i = 0; i < curve.size(); ++i) {
    const bool is_end = i == 0 || i + 1 == curve.size();
    if (is_end || std::abs(curve[i].first - kept.back().first) +
                          std::abs(curve[i].second - kept.back().second) >
                      kStep) {
      kept.push_back(curve[i]);
    }
  }
  return kept;
}

double Interpolated(const std::vector<ChartPoint>& curve, double x) {
  const auto right = std::ranges::lower_bound(curve, x, {}, &ChartPoint::first);
  if (right == curve.begin()) return curve.front().second;
  if (right == curve.end()) return curve.back().second;
  const auto left = right - 1;
  const double share = (x - left->first) / (right->first - left->first);
  return left->second + share * (right->second - left->second);
}

LineChart CalibrationChart(const std::string& title, std::vector<ChartLine> lines, double min,
                           double max) {
  lines.insert(lines.begin(),
               {.name = "exact", .points = {{min, min}, {max, max}}, .dashed = true});
  return {.title = title,
          .x_label = "alpha, the expected share",
          .y_label = "observed share",
          .lines = std::move(lines),
          .logarithmic_x = min > 0,
          .logarithmic_y = min > 0,
          .x_min = min,
          .x_max = max};
}

LineChart RocChart(const std::vector<ChartPoint>& curve, ChartPoint at_threshold) {
  return {.title = "ROC curve",
          .x_label = "false-alarm rate (normal rows called anomalous)",
          .y_label = "recall (anomalies found)",
          .lines = {{.name = "all thresholds", .points = Thinned(curve)},
                    {.name = "threshold in force", .points = {at_threshold}},
                    {.name = "chance", .points = {{0, 0}, {1, 1}}, .dashed = true}},
          .x_max = 1,
          .y_max = 1};
}

LineChart PrecisionRecallChart(const std::vector<ChartPoint>& curve, ChartPoint at_threshold,
                               double anomaly_share) {
  return {.title = "Precision-recall curve",
          .x_label = "recall (anomalies found)",
          .y_label = "precision (alarms that are right)",
          .lines = {{.name = "all thresholds", .points = Thinned(curve)},
                    {.name = "threshold in force", .points = {at_threshold}},
                    {.name = "chance",
                     .points = {{0, anomaly_share}, {1, anomaly_share}},
                     .dashed = true}},
          .x_max = 1,
          .y_max = 1};
}

}  // namespace advae
