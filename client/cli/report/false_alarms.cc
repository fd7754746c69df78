#include "client/cli/report/false_alarms.h"

#include <cmath>
#include <functional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/report/report_sections.h"
#include "model/base/status_macros.h"
#include "model/data/alarm_band.h"
#include "model/data/evaluation.h"

namespace advae {
namespace {

std::string Judgement(const AlarmBand& band, uint64_t alarms) {
  if (band.Contains(alarms)) return "as expected";
  return alarms > band.high ? "too many" : "too few";
}

}  // namespace

absl::StatusOr<ReportTable> FalseAlarmTable(const NormalVerdicts& verdicts,
                                            std::vector<double> p_values) {
  const std::set<double, std::greater<>> in_descending_order = {0.1, 0.05, 0.01, 0.001,
                                                                verdicts.alpha};
  const std::vector<double> alphas(in_descending_order.begin(), in_descending_order.end());
  const auto rows = static_cast<double>(verdicts.rows);
  const std::vector<double> shares = AlarmShares(std::move(p_values), alphas);
  ReportTable table{
      .columns = {"alpha", "expected false alarms", "99 % of the time", "observed", "that is"}};
  for (size_t i = 0; i < alphas.size(); ++i) {
    ADVAE_ASSIGN_OR_RETURN(const AlarmBand band,
                           ExpectedAlarms(alphas[i], verdicts.training_scores, verdicts.rows));
    const bool in_force = alphas[i] == verdicts.alpha;
    const uint64_t alarms =
        in_force ? verdicts.alarms : static_cast<uint64_t>(std::llround(shares[i] * rows));
    table.rows.push_back({absl::StrCat(Short(alphas[i]), in_force ? ", in force" : ""),
                          Short(alphas[i] * rows), absl::StrCat(band.low, " to ", band.high),
                          absl::StrCat(alarms), Judgement(band, alarms)});
  }
  return table;
}

absl::StatusOr<std::vector<ChartLine>> AlarmBandLines(const NormalVerdicts& verdicts,
                                                      const ChartLine& observed) {
  ChartLine least{.name = "least by chance (99 %)", .points = {}, .dashed = true};
  ChartLine most{.name = "most by chance (99 %)", .points = {}, .dashed = true};
  const auto rows = static_cast<double>(verdicts.rows);
  for (const auto& [alpha, share] : observed.points) {
    if (alpha >= 1) continue;
    ADVAE_ASSIGN_OR_RETURN(const AlarmBand band,
                           ExpectedAlarms(alpha, verdicts.training_scores, verdicts.rows));
    least.points.emplace_back(alpha, static_cast<double>(band.low) / rows);
    most.points.emplace_back(alpha, static_cast<double>(band.high) / rows);
  }
  return std::vector<ChartLine>{std::move(least), std::move(most)};
}

}  // namespace advae
