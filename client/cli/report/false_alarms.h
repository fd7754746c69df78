#ifndef ADVAE_CLIENT_CLI_REPORT_FALSE_ALARMS_H_
#define ADVAE_CLIENT_CLI_REPORT_FALSE_ALARMS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "report/charts.h"
#include "report/report_page.h"

namespace advae {

// The verdicts on normal rows at the significance in force.
struct NormalVerdicts {
  double alpha = 0;
  uint64_t rows = 0;    // at least 1
  uint64_t alarms = 0;  // of these
  uint64_t training_scores = 0;
};

// Alarms among normal rows at a significance of 0.1, 0.05, 0.01, 0.001 and that in force: how many
// are expected, how many chance explains (ExpectedAlarms), and how many there are. `p_values` are
// those of the normal rows.
absl::StatusOr<ReportTable> FalseAlarmTable(const NormalVerdicts& verdicts,
                                            std::vector<double> p_values);

// Lines for a calibration chart: the least and the largest share of alarms that chance explains, at
// the significances of `observed`.
absl::StatusOr<std::vector<ChartLine>> AlarmBandLines(const NormalVerdicts& verdicts,
                                                      const ChartLine& observed);

}  // namespace advae

#endif  // ADVAE_CLIENT_CLI_REPORT_FALSE_ALARMS_H_
