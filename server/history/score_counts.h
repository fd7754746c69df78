#ifndef ADVAE_SERVER_HISTORY_SCORE_COUNTS_H_
#define ADVAE_SERVER_HISTORY_SCORE_COUNTS_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"
#include "advae/v1/detector.pb.h"

namespace advae {

// Upper edges of the bins that p-values are counted in, ascending: bin i has the p-values in
// (edge i - 1, edge i], the first one 0 too. Finer towards 0, where significances are, and with
// every multiple of 0.05.
inline constexpr std::array kPValueEdges = {0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02,
                                            0.03,   0.04,   0.05,   0.06,  0.08,  0.1,   0.15, 0.2,
                                            0.25,   0.3,    0.35,   0.4,   0.45,  0.5,   0.55, 0.6,
                                            0.65,   0.7,    0.75,   0.8,   0.85,  0.9,   0.95, 1.0};

// What was scored in some time. A plain value.
struct ScoreCounts {
  // Upper edges of the bins of latencies: 10 us times powers of the square root of 2, the last one
  // 10 us * 2^21, some 21 s; longer ones are in the last bin.
  static constexpr size_t kLatencyBins = 43;
  static absl::Duration LatencyEdge(size_t bin);

  uint64_t requests = 0;
  uint64_t rows = 0;      // that have a score
  uint64_t alarms = 0;    // of them
  uint64_t unscored = 0;  // rows with the score NaN
  // Alarms among the rows if all were like those of the training: the sum of the significances that
  // were in force.
  double expected_alarms = 0;
  std::array<uint32_t, kPValueEdges.size()> p_values = {};
  std::array<uint32_t, kLatencyBins> latencies = {};  // of requests

  // Counts a request's rows. Alarms are the response's anomalies, or those by the threshold in
  // force where the request asked for another (null: it did not).
  void CountRows(const v1::ScoreResponse& response, const v1::ThresholdRecord* in_force = nullptr);
  // Counts a request, which took so long from its checks to its verdicts.
  void CountRequest(absl::Duration latency);

  ScoreCounts& operator+=(const ScoreCounts& other);

  // The edge of the bin with the q-th quantile of the latencies, q in [0, 1]; zero without any.
  absl::Duration LatencyQuantile(double q) const;
};

}  // namespace advae

#endif  // ADVAE_SERVER_HISTORY_SCORE_COUNTS_H_
