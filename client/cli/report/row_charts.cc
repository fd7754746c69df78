#include "client/cli/report/row_charts.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace advae {
namespace {

constexpr size_t kMostPoints = 2000;
constexpr size_t kMostFeatures = 12;

double XOf(const ScoredRow& row) { return static_cast<double>(row.index); }

// A feature that has a share in the scores of odd rows.
struct Feature {
  std::string name;
  double share = 0;  // of the rows' scores, summed
  ChartLine actual = {.name = "odd row", .points = {}, .dots = true};
  ChartLine expected = {.name = "expected there", .points = {}, .dots = true};
};

std::map<uint32_t, Feature> FeaturesOf(const std::vector<ScoredRow>& odd) {
  std::map<uint32_t, Feature> features;
  for (const ScoredRow& row : odd) {
    for (const v1::FeatureContribution& part : row.explanation.contributions()) {
      const std::optional<double> value = row.sent.NumberOf(0, part.feature(), part.name());
      if (!value || !std::isfinite(*value) || part.missing()) continue;
      Feature& feature = features[part.feature()];
      feature.name = part.name();
      if (row.score > 0 && std::isfinite(row.score)) {
        feature.share += part.contribution() / row.score;
      }
      feature.actual.points.emplace_back(XOf(row), *value);
      feature.expected.points.emplace_back(XOf(row), part.expected());
    }
  }
  return features;
}

LineChart FeatureChart(uint32_t index, Feature feature, const std::vector<ScoredRow>& others) {
  ChartLine values{.name = "rows", .points = {}, .dots = true};
  for (const ScoredRow& row : others) {
    const std::optional<double> value = row.sent.NumberOf(0, index, feature.name);
    if (value && std::isfinite(*value)) values.points.emplace_back(XOf(row), *value);
  }
  return {.title = std::move(feature.name),
          .x_label = "row",
          .y_label = "",
          .lines = {std::move(values), std::move(feature.actual), std::move(feature.expected)},
          .compact = true};
}

}  // namespace

LineChart ScoresByRow(const ScoredRows& rows) {
  const size_t count = rows.scores.size();
  const size_t span = (count + kMostPoints - 1) / kMostPoints;
  ChartLine scores{.name = span == 1 ? "score" : absl::StrCat("largest score of ", span, " rows"),
                   .points = {}};
  ChartLine alarms{.name = "called anomalous", .points = {}, .dots = true};
  for (size_t first = 0; first < count; first += span) {
    std::optional<size_t> largest;
    for (size_t i = first; i < std::min(first + span, count); ++i) {
      if (!std::isfinite(rows.scores[i])) continue;
      if (!largest || rows.scores[i] > rows.scores[*largest]) largest = i;
    }
    if (!largest) continue;
    const ChartPoint point(static_cast<double>(*largest), rows.scores[*largest]);
    scores.points.push_back(point);
    if (rows.anomalies[*largest]) alarms.points.push_back(point);
  }
  const auto end = static_cast<double>(count - 1);
  return {.title = "Scores in the order of the rows",
          .x_label = "row",
          .y_label = "score",
          .lines = {std::move(scores),
                    std::move(alarms),
                    {.name = "threshold",
                     .points = {{0, rows.threshold}, {end, rows.threshold}},
                     .dashed = true}},
          .x_min = 0,
          .x_max = end};
}

std::vector<LineChart> FeatureCharts(const std::vector<ScoredRow>& odd,
                                     const std::vector<ScoredRow>& others) {
  std::map<uint32_t, Feature> found = FeaturesOf(odd);
  std::vector<std::pair<uint32_t, Feature>> features(std::make_move_iterator(found.begin()),
                                                     std::make_move_iterator(found.end()));
  std::ranges::stable_sort(
      features, [](const auto& a, const auto& b) { return a.second.share > b.second.share; });
  features.resize(std::min(features.size(), kMostFeatures));
  std::vector<LineChart> charts;
  charts.reserve(features.size());
  for (auto& [index, feature] : features) {
    charts.push_back(FeatureChart(index, std::move(feature), others));
  }
  return charts;
}

}  // namespace advae
