#ifndef ADVAE_MODEL_DATA_ALARM_BAND_H_
#define ADVAE_MODEL_DATA_ALARM_BAND_H_

#include <cstdint>

#include "absl/status/statusor.h"

namespace advae {

// Probability with which the number of alarms falls within an AlarmBand.
inline constexpr double kAlarmBandLevel = 0.99;

// How many alarms chance explains, both ends included.
struct AlarmBand {
  uint64_t low = 0;
  uint64_t high = 0;

  bool Contains(uint64_t alarms) const { return low <= alarms && alarms <= high; }
};

// The alarms to expect among `normal_rows` rows to come, when the threshold is the (1 - alpha)
// quantile of `training_scores` scores of rows like them. With fewer than 0.5 % probability there
// are fewer alarms than `low`, and with at most 0.5 % more than `high`.
//
// The threshold is as random as the training rows: for n exchangeable rows after m of them, the
// number of alarms is beta-binomial with a = alpha (m + 1) and b = (1 - alpha) (m + 1). The band is
// therefore wider than the binomial's, and does not narrow to alpha however many rows are tested.
//
// kInvalidArgument unless alpha is in (0, 1) and there are at least two training scores.
// Without rows the band is 0 to 0. O(normal_rows) at worst, some 10 ns each.
absl::StatusOr<AlarmBand> ExpectedAlarms(double alpha, uint64_t training_scores,
                                         uint64_t normal_rows);

// Whether so few rows can tell how well alpha is kept: at least one alarm is expected among the
// rows, and one among as many rows as there are training scores. With fewer, 0 alarms say nothing.
bool CanTellAlarmRate(double alpha, uint64_t training_scores, uint64_t normal_rows);

}  // namespace advae

#endif  // ADVAE_MODEL_DATA_ALARM_BAND_H_
