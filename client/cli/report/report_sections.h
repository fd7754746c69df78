#ifndef ADVAE_CLIENT_CLI_REPORT_REPORT_SECTIONS_H_
#define ADVAE_CLIENT_CLI_REPORT_REPORT_SECTIONS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/scored_rows.h"
#include "client/cli/session.h"
#include "report/charts.h"
#include "report/report_page.h"
#include "report/score_chart.h"

namespace advae {

// The distribution of a version's training scores: points (score, CDF), as many as the server
// gives. Errors of Client::Threshold.
absl::StatusOr<std::vector<ChartPoint>> TrainingCdf(Client& client, const v1::VersionInfo& version);

// Observed shares of alarms over alpha from 1 / (number of p-values) to 1, on a logarithmic grid.
ChartLine AlarmLine(const std::string& name, std::vector<double> p_values);

// Numbers as a report shows them, with four significant digits.
std::string Short(double number);

// Explains a RowsTable.
inline constexpr char kRowsTableText[] =
    "Rows are numbered from 0, as by advae score. Each feature's value is followed by its share "
    "of the score and the value that the model expected.";

// One line a row: number, the keys, called `key_names`, score, p-value, label where there are
// labels, and the features with the largest shares of the score.
ReportTable RowsTable(const std::vector<ScoredRow>& rows,
                      const std::vector<std::string>& key_names = {});

// What a version takes the columns of a table for; nothing without a schema.
void AddSchema(const v1::VersionInfo& version, ReportPage& page);

// What a version was made with, and what the report was made of: `data`, the file, and the server
// of `session`.
void AddProvenance(const v1::VersionInfo& version, const std::string& data, const Session& session,
                   ReportPage& page);

}  // namespace advae

#endif  // ADVAE_CLIENT_CLI_REPORT_REPORT_SECTIONS_H_
