#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/cli/command.h"
#include "client/cli/data_input.h"
#include "client/cli/evaluate_report.h"
#include "client/cli/scored_rows.h"
#include "model/data/evaluation.h"
#include "report/report_file.h"

namespace advae {
namespace {

constexpr char kFooter[] =
    R"(The label is 1 or true for an anomaly, 0 or false for a normal row. Precision,
recall, F1 and the false-alarm rate are those of the verdicts at the threshold.
A row with an infinite, NaN or empty cell is an anomaly that ranks above all others.

Examples:
  advae evaluate pump --data=labelled.csv --label-column=label
  advae evaluate pump --data=labelled.csv --report=evaluation.html
  advae evaluate pump --data=labelled.csv --label-column=fault --alpha=0.01 --output=json)";

struct EvaluateOptions {
  v1::ScoreRequest settings;
  std::string data;
  std::string label_column = "label";
  std::optional<std::string> report;
};

Json Measures(const ScoredRows& rows, const RankingQuality& ranking, size_t not_finite) {
  const VerdictQuality quality = EvaluateVerdicts(rows.anomalies, rows.labels);
  return {{"rows", rows.labels.size()},
          {"rows_not_finite", not_finite},
          {"anomalies", quality.true_positives + quality.false_negatives},
          {"average_precision", ranking.average_precision},
          {"roc_auc", ranking.roc_auc},
          {"precision", quality.precision()},
          {"recall", quality.recall()},
          {"f1", quality.f1()},
          {"threshold", rows.threshold},
          {"alpha", rows.alpha},
          {"false_alarm_rate", quality.false_alarm_rate()}};
}

absl::Status Evaluate(const EvaluateOptions& options, Session& session) {
  v1::ScoreRequest settings = options.settings;
  const absl::StatusOr<v1::VersionInfo> version =
      FindVersion(session.client, settings.model(),
                  settings.has_version() ? std::make_optional(settings.version()) : std::nullopt);
  if (!version.ok()) return version.status();
  settings.set_version(version->version());
  absl::StatusOr<DataInput> input = DataInput::Open(options.data, session.streams,
                                                    {.label_column = options.label_column,
                                                     .columns = FeatureNames(*version),
                                                     .allow_not_finite = true});
  if (!input.ok()) return input.status();
  std::optional<ReportFile> report;
  if (options.report) {
    absl::StatusOr<ReportFile> file = ReportFile::Create(*options.report);
    if (!file.ok()) return file.status();
    report.emplace(*std::move(file));
  }

  EvaluationRows shown;
  absl::StatusOr<ScoredRows> rows =
      ScoreAllRows(session.client, settings, input->reader(),
                   report ? shown.notable() : std::vector<NotableRows*>());
  if (!rows.ok()) return rows.status();
  const size_t not_finite = RankNotFinite(*rows);
  const absl::StatusOr<RankingQuality> ranking = EvaluateRanking(rows->scores, rows->labels);
  if (!ranking.ok()) return ranking.status();
  const Json measures = Measures(*rows, *ranking, not_finite);
  WriteObject(session.format, measures, session.streams.out);
  if (!report) return absl::OkStatus();
  const absl::StatusOr<ReportPage> page = EvaluateReport({.version = *version,
                                                          .settings = settings,
                                                          .rows = *rows,
                                                          .shown = shown,
                                                          .measures = measures,
                                                          .data = options.data},
                                                         session);
  return page.ok() ? report->Write(page->ToHtml()) : page.status();
}

}  // namespace

void AddEvaluateCommand(CLI::App& app, Action& action) {
  const auto options = std::make_shared<EvaluateOptions>();
  v1::ScoreRequest* const settings = &options->settings;
  CLI::App* const command =
      app.add_subcommand("evaluate", "Compare verdicts with the labels of a CSV file");
  command->footer(kFooter);
  command
      ->add_option_function<std::string>(
          "name", [settings](const std::string& name) { settings->set_model(name); }, "The model")
      ->required();
  command
      ->add_option("--data", options->data, "CSV file with labelled rows, or - for standard input")
      ->required();
  command->add_option("--label-column", options->label_column, "Column with the labels")
      ->capture_default_str();
  command
      ->add_option_function<uint64_t>(
          "--version", [settings](uint64_t version) { settings->set_version(version); },
          "The version to evaluate (default: the serving one)")
      ->check(CLI::PositiveNumber);
  command->add_option_function<double>(
      "--alpha", [settings](double alpha) { settings->set_alpha(alpha); },
      "Significance of the verdicts, in (0, 1) (default: that of the serving threshold)");
  command
      ->add_option("--report", options->report,
                   "HTML file for curves, scores and the most anomalous rows")
      ->type_name("FILE");
  command->callback([options, &action] {
    action = [options](Session& session) { return Evaluate(*options, session); };
  });
}

}  // namespace advae
