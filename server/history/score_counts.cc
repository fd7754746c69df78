#include "server/history/score_counts.h"

#include <algorithm>
#include <cmath>

namespace advae {
namespace {

constexpr double kFirstSeconds = 10e-6;

}  // namespace

absl::Duration ScoreCounts::LatencyEdge(size_t bin) {
  return absl::Seconds(kFirstSeconds * std::pow(2.0, static_cast<double>(bin) / 2));
}

void ScoreCounts::CountRows(const v1::ScoreResponse& response,
                            const v1::ThresholdRecord* in_force) {
  const double alpha = in_force != nullptr ? in_force->alpha() : response.alpha();
  for (int i = 0; i < response.scores_size(); ++i) {
    if (std::isnan(response.scores(i))) {
      ++unscored;
      continue;
    }
    ++rows;
    const bool is_alarm =
        in_force != nullptr ? response.scores(i) >= in_force->threshold() : response.anomalies(i);
    alarms += is_alarm ? 1 : 0;
    expected_alarms += alpha;
    const double* const edge =
        std::lower_bound(kPValueEdges.begin(), kPValueEdges.end() - 1, response.p_values(i));
    ++p_values[static_cast<size_t>(edge - kPValueEdges.begin())];
  }
}

void ScoreCounts::CountRequest(absl::Duration latency) {
  ++requests;
  const double doublings =
      std::log2(std::max(absl::ToDoubleSeconds(latency), kFirstSeconds) / kFirstSeconds);
  const double bin = std::min(std::ceil(2 * doublings), static_cast<double>(kLatencyBins - 1));
  ++latencies[static_cast<size_t>(bin)];
}

ScoreCounts& ScoreCounts::operator+=(const ScoreCounts& other) {
  requests += other.requests;
  rows += other.rows;
  alarms += other.alarms;
  expected_alarms += other.expected_alarms;
  unscored += other.unscored;
  for (size_t i = 0; i < p_values.size(); ++i) p_values[i] += other.p_values[i];
  for (size_t i = 0; i < latencies.size(); ++i) latencies[i] += other.latencies[i];
  return *this;
}

absl::Duration ScoreCounts::LatencyQuantile(double q) const {
  uint64_t total = 0;
  for (const uint32_t count : latencies) total += count;
  if (total == 0) return absl::ZeroDuration();
  const auto wanted =
      std::max<uint64_t>(1, static_cast<uint64_t>(std::ceil(q * static_cast<double>(total))));
  uint64_t seen = 0;
  size_t bin = 0;
  while ((seen += latencies[bin]) < wanted) ++bin;
  return LatencyEdge(bin);
}

}  // namespace advae
