#include "report/score_chart.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "report/charts.h"

namespace advae {
namespace {

// Takes the place of thresholds of 0 and less, which alphas near 1 have.
constexpr double kSmallestThreshold = 1e-9;

// Bins of equal width on a logarithmic axis.
class LogarithmicBins {
 public:
  explicit LogarithmicBins(const ScoreChartData& data)
      : low_(std::max(data.threshold, kSmallestThreshold)), high_(1.1 * low_) {
    const double lowest = low_ / 1000;
    for (const ScoreGroup& group : data.groups) {
      for (const double score : group.scores) Include(score);
    }
    for (const auto& [score, probability] : data.training_cdf) Include(score);
    low_ = std::max(low_, lowest);
    const double decades = std::log10(high_ / low_);
    count_ = static_cast<size_t>(std::clamp(24 * decades, 40.0, 120.0));
    log_width_ = std::log(high_ / low_) / static_cast<double>(count_);
  }

  size_t count() const { return count_; }
  double low() const { return low_; }
  double high() const { return high_; }
  // Edge `i` of count() + 1, or a place between two edges.
  double Edge(double i) const { return low_ * std::exp(log_width_ * i); }

  size_t IndexOf(double score) const {
    if (score <= low_) return 0;
    return std::min(static_cast<size_t>(std::log(score / low_) / log_width_), count_ - 1);
  }

 private:
  void Include(double score) {
    if (score > 0) low_ = std::min(low_, score);
    high_ = std::max(high_, score);
  }

  double low_;
  double high_;
  size_t count_;
  double log_width_;
};

ChartLine Histogram(const ScoreGroup& group, const LogarithmicBins& bins) {
  std::vector<double> shares(bins.count());
  for (const double score : group.scores) {
    shares[bins.IndexOf(score)] += 1 / static_cast<double>(group.scores.size());
  }
  ChartLine line{.name = group.name, .points = {{bins.low(), 0}}, .steps = true, .filled = true};
  for (size_t i = 0; i < bins.count(); ++i) {
    line.points.emplace_back(bins.Edge(static_cast<double>(i)), shares[i]);
  }
  line.points.emplace_back(bins.high(), 0);
  return line;
}

// For each place on the axis the probability of the bin around it.
ChartLine TrainingDensity(const std::vector<ChartPoint>& cdf, const LogarithmicBins& bins) {
  constexpr int kPointsPerBin = 4;
  ChartLine line{.name = "density of the training scores (KDE)", .points = {}};
  for (size_t i = 0; i <= kPointsPerBin * bins.count(); ++i) {
    const double place = static_cast<double>(i) / kPointsPerBin;
    line.points.emplace_back(bins.Edge(place), Interpolated(cdf, bins.Edge(place + 0.5)) -
                                                   Interpolated(cdf, bins.Edge(place - 0.5)));
  }
  return line;
}

double Highest(const std::vector<ChartLine>& lines) {
  double highest = 0;
  for (const ChartLine& line : lines) {
    for (const auto& [x, y] : line.points) highest = std::max(highest, y);
  }
  return highest;
}

}  // namespace

LineChart ScoreChart(const ScoreChartData& data) {
  const LogarithmicBins bins(data);
  LineChart chart{.title = "Scores",
                  .x_label = "score, logarithmic",
                  .y_label = "share of the rows in each bin",
                  .logarithmic_x = true,
                  .x_min = bins.low(),
                  .x_max = bins.high()};
  for (const ScoreGroup& group : data.groups) chart.lines.push_back(Histogram(group, bins));
  if (!data.training_cdf.empty()) {
    chart.lines.push_back(TrainingDensity(data.training_cdf, bins));
  }
  chart.lines.push_back(
      {.name =
           absl::StrFormat("threshold s_alpha = %.4g, alpha = %.4g", data.threshold, data.alpha),
       .points = {{data.threshold, 0}, {data.threshold, 1.05 * Highest(chart.lines)}},
       .dashed = true});
  return chart;
}

}  // namespace advae
