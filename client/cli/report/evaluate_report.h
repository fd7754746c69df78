#ifndef ADVAE_CLIENT_CLI_REPORT_EVALUATE_REPORT_H_
#define ADVAE_CLIENT_CLI_REPORT_EVALUATE_REPORT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/scored_rows.h"
#include "client/cli/session.h"
#include "report/report_page.h"

namespace advae {

// The rows that an evaluation's report shows one by one.
class EvaluationRows {
 public:
  // For ScoreAllRows; they live as long as the object.
  std::vector<NotableRows*> notable() {
    return {&most_anomalous_, &false_alarms_, &missed_, &sample_};
  }

  // Adds a table of each kind of rows, with explanations, and charts of the features that are odd
  // in the most anomalous ones. Errors of ExplainRows.
  absl::Status AddTo(Client& client, const v1::ScoreRequest& settings,
                     const std::vector<std::string>& key_names, ReportPage& page) const;

 private:
  NotableRows most_anomalous_{20, [](const ScoredRow& row) { return row.score; }};
  // Normal rows that were called anomalous, and anomalies that were not.
  NotableRows false_alarms_{10, [](const ScoredRow& row) {
                              return row.is_anomaly && !row.label.value_or(true)
                                         ? std::optional(row.score)
                                         : std::nullopt;
                            }};
  NotableRows missed_{10, [](const ScoredRow& row) {
                        return !row.is_anomaly && row.label.value_or(false)
                                   ? std::optional(-row.score)
                                   : std::nullopt;
                      }};
  NotableRows sample_ = RowSample(300);
};

// A finished evaluation.
struct FinishedEvaluation {
  const v1::VersionInfo& version;
  const v1::ScoreRequest& settings;
  const ScoredRows& rows;  // at least one, with labels
  const EvaluationRows& shown;
  const Json& measures;      // as `advae evaluate` writes them
  uint64_t training_scores;  // behind threshold and p-values
  std::string data;
  std::vector<std::string> key_names;  // of the rows that are shown
};

// The report about an evaluation: measures, for rows of both kinds ROC and precision-recall curves,
// scores by label, with normal rows false alarms as expected and observed, the most anomalous rows,
// false alarms, missed anomalies, and provenance. Errors of the server.
absl::StatusOr<ReportPage> EvaluateReport(const FinishedEvaluation& evaluation, Session& session);

}  // namespace advae

#endif  // ADVAE_CLIENT_CLI_REPORT_EVALUATE_REPORT_H_
