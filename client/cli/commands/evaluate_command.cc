#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "client/cli/commands/command.h"
#include "client/cli/commands/common_options.h"
#include "client/cli/data_input.h"
#include "client/cli/report/evaluate_report.h"
#include "client/cli/scored_rows.h"
#include "model/base/status_macros.h"
#include "model/data/alarm_band.h"
#include "model/data/evaluation.h"
#include "model/table/text/table_flags.h"
#include "report/report_file.h"

namespace advae {
namespace {

constexpr char kFooter[] =
    R"(The label of an anomaly is 1, true, yes, anomaly, attack, fault, fraud or the like,
that of a normal row 0, false, no, normal or benign; --normal-label says which other
labels normal rows have. Precision, recall, F1
and the false-alarm rate are those of the verdicts at the threshold. If normal rows
are like the training rows, chance keeps the number of false alarms within the
expected range in 99 of 100 cases. A row that cannot be judged (advae score
--help) is an anomaly that ranks above all others. Of normal rows alone, the false
alarms are told; what compares them with anomalies is left open.

Examples:
  advae evaluate pump --data=labelled.csv --label-column=label
  advae evaluate pump --data=swat.csv --label-column=Normal/Attack --normal-label=Normal
  advae evaluate pump --data=labelled.csv --report=evaluation.html
  advae evaluate pump --data=labelled.csv --label-column=fault --alpha=0.01 --output=json)";

struct EvaluateOptions {
  v1::ScoreRequest settings;
  std::string data;
  std::optional<std::string> label_column;
  DataSetOptions table;
  std::optional<std::string> report;
};

// The column of labels in the tables of a version.
std::string LabelColumn(const v1::VersionInfo& version) {
  for (const v1::ColumnSchema& column : version.schema().columns()) {
    if (column.role() == v1::COLUMN_ROLE_LABEL) return column.name();
  }
  return "label";
}

// Scores from which the version's p-values come.
absl::StatusOr<uint64_t> TrainingScores(Client& client, const v1::VersionInfo& version) {
  v1::ThresholdRequest request;
  request.set_model(version.model());
  request.set_version(version.version());
  ADVAE_ASSIGN_OR_RETURN(const v1::ThresholdResponse response, client.Threshold(request));
  return response.training_scores();
}

// Null are those that rate how anomalies are told from normal rows, where there is one of the kinds
// alone.
absl::StatusOr<Json> Measures(const ScoredRows& rows, size_t not_finite, uint64_t training_scores) {
  const VerdictQuality quality = EvaluateVerdicts(rows.anomalies, rows.labels);
  const size_t anomalies = quality.true_positives + quality.false_negatives;
  const size_t normal_rows = quality.true_negatives + quality.false_positives;
  Json measures = {
      {"rows", rows.labels.size()}, {"rows_not_finite", not_finite}, {"anomalies", anomalies}};
  for (const char* const name : {"average_precision", "roc_auc", "precision", "recall", "f1"}) {
    measures[name] = nullptr;
  }
  measures["threshold"] = rows.threshold;
  measures["alpha"] = rows.alpha;
  for (const char* const name : {"false_alarm_rate", "false_alarms", "expected_false_alarms",
                                 "least_expected_false_alarms", "most_expected_false_alarms"}) {
    measures[name] = nullptr;
  }
  if (anomalies > 0) measures["recall"] = quality.recall();
  if (normal_rows > 0) {
    ADVAE_ASSIGN_OR_RETURN(const AlarmBand band,
                           ExpectedAlarms(rows.alpha, training_scores, normal_rows));
    measures["false_alarm_rate"] = quality.false_alarm_rate();
    measures["false_alarms"] = quality.false_positives;
    measures["expected_false_alarms"] = rows.alpha * static_cast<double>(normal_rows);
    measures["least_expected_false_alarms"] = band.low;
    measures["most_expected_false_alarms"] = band.high;
  }
  if (anomalies > 0 && normal_rows > 0) {
    ADVAE_ASSIGN_OR_RETURN(const RankingQuality ranking, EvaluateRanking(rows.scores, rows.labels));
    measures["average_precision"] = ranking.average_precision;
    measures["roc_auc"] = ranking.roc_auc;
    measures["precision"] = quality.precision();
    measures["f1"] = quality.f1();
  }
  return measures;
}

// Why measures are null, if some are.
void NoteMissingKind(const Json& measures, std::ostream& messages) {
  if (!measures["roc_auc"].is_null()) return;
  messages << "the file has no " << (measures["anomalies"] == 0 ? "anomaly" : "normal row")
           << " by its labels; average precision and ROC AUC need rows of both kinds\n";
}

absl::Status Evaluate(const EvaluateOptions& options, Session& session) {
  v1::ScoreRequest settings = options.settings;
  ADVAE_ASSIGN_OR_RETURN(const v1::VersionInfo version, FindVersion(session.client, settings));
  settings.set_version(version.version());
  DataSetOptions table = options.table;
  table.label_column = options.label_column.value_or(LabelColumn(version));
  ADVAE_ASSIGN_OR_RETURN(DataInput input, DataInput::OpenForScoring(options.data, session.streams,
                                                                    std::move(table), version));
  std::optional<ReportFile> report;
  if (options.report) {
    ADVAE_ASSIGN_OR_RETURN(ReportFile file, ReportFile::Create(*options.report));
    report.emplace(std::move(file));
  }

  EvaluationRows shown;
  ADVAE_ASSIGN_OR_RETURN(ScoredRows rows,
                         ScoreAllRows(session, settings, input,
                                      report ? shown.notable() : std::vector<NotableRows*>()));
  if (rows.scores.empty()) return absl::InvalidArgumentError("there are no rows with labels");
  const size_t not_finite = RankNotFinite(rows);
  ADVAE_ASSIGN_OR_RETURN(const uint64_t training_scores, TrainingScores(session.client, version));
  ADVAE_ASSIGN_OR_RETURN(const Json measures, Measures(rows, not_finite, training_scores));
  NoteMissingKind(measures, session.streams.err);
  WriteObject(session.format, measures, session.streams.out);
  if (!report) return absl::OkStatus();
  const absl::StatusOr<ReportPage> page = EvaluateReport({.version = version,
                                                          .settings = settings,
                                                          .rows = rows,
                                                          .shown = shown,
                                                          .measures = measures,
                                                          .training_scores = training_scores,
                                                          .data = options.data,
                                                          .key_names = input.key_names()},
                                                         session);
  return page.ok() ? report->Write(page->ToHtml()) : page.status();
}

}  // namespace

void AddEvaluateCommand(CLI::App& app, Action& action) {
  const auto [command, options] =
      AddCommand(app, action,
                 {"evaluate", "Compare verdicts with the labels of a CSV file", kFooter}, Evaluate);
  AddRequestOptions(
      command, options.settings, "The version to evaluate (default: the serving one)",
      "Significance of the verdicts, in (0, 1) (default: that of the serving threshold)");
  command
      .add_option("--data", options.data, "CSV file with labelled rows, or - for standard input")
      ->required();
  command.add_option("--label-column", options.label_column,
                     "Column with the labels (default: the label column of the training, if it "
                     "had one, otherwise label)");
  AddNormalLabelFlag(command, &options.table);
  AddKeyFlag(command, &options.table,
             "Column to show beside the report's rows; may be given several times");
  AddTableFlags(command, &options.table);
  command
      .add_option("--report", options.report,
                  "HTML file for curves, scores and the most anomalous rows")
      ->type_name("FILE");
}

}  // namespace advae
