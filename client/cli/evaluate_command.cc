#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/cli/command.h"
#include "client/cli/data_input.h"
#include "model/data/evaluation.h"

namespace advae {
namespace {

constexpr char kFooter[] =
    R"(The label is 1 or true for an anomaly, 0 or false for a normal row. Precision,
recall, F1 and the false-alarm rate are those of the verdicts at the threshold.

Examples:
  advae evaluate pump --data=labelled.csv --label-column=label
  advae evaluate pump --data=labelled.csv --label-column=fault --alpha=0.01 --output=json)";

struct EvaluateOptions {
  v1::ScoreRequest settings;
  std::string data;
  std::string label_column = "label";
};

// All rows of the file, as scored and as labelled.
struct Verdicts {
  std::vector<bool> labels;
  std::vector<double> scores;
  std::vector<bool> anomalies;
  double threshold = 0;
  double alpha = 0;
};

absl::StatusOr<Verdicts> ScoreAll(Client& client, const v1::ScoreRequest& settings,
                                  DataSetReader& reader) {
  Verdicts verdicts;
  const absl::Status status = client.ScoreStream(
      settings,
      RowsOf(reader, kScoreChunkRows,
             [&](std::vector<bool> chunk) {
               verdicts.labels.insert(verdicts.labels.end(), chunk.begin(), chunk.end());
             }),
      [&](const v1::ScoreResponse& response) {
        verdicts.scores.insert(verdicts.scores.end(), response.scores().begin(),
                               response.scores().end());
        verdicts.anomalies.insert(verdicts.anomalies.end(), response.anomalies().begin(),
                                  response.anomalies().end());
        verdicts.threshold = response.threshold();
        verdicts.alpha = response.alpha();
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return verdicts;
}

absl::Status Evaluate(const EvaluateOptions& options, Session& session) {
  v1::ScoreRequest settings = options.settings;
  absl::StatusOr<ScoredVersion> version = FindScoredVersion(
      session.client, settings.model(),
      settings.has_version() ? std::make_optional(settings.version()) : std::nullopt);
  if (!version.ok()) return version.status();
  settings.set_version(version->version);
  absl::StatusOr<DataInput> input = DataInput::Open(
      options.data, session.streams,
      {.label_column = options.label_column, .columns = std::move(version->feature_names)});
  if (!input.ok()) return input.status();

  const absl::StatusOr<Verdicts> verdicts = ScoreAll(session.client, settings, input->reader());
  if (!verdicts.ok()) return verdicts.status();
  const absl::StatusOr<RankingQuality> ranking =
      EvaluateRanking(verdicts->scores, verdicts->labels);
  if (!ranking.ok()) return ranking.status();
  const VerdictQuality quality = EvaluateVerdicts(verdicts->anomalies, verdicts->labels);
  WriteObject(session.format,
              {{"rows", verdicts->labels.size()},
               {"anomalies", quality.true_positives + quality.false_negatives},
               {"average_precision", ranking->average_precision},
               {"roc_auc", ranking->roc_auc},
               {"precision", quality.precision()},
               {"recall", quality.recall()},
               {"f1", quality.f1()},
               {"threshold", verdicts->threshold},
               {"alpha", verdicts->alpha},
               {"false_alarm_rate", quality.false_alarm_rate()}},
              session.streams.out);
  return absl::OkStatus();
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
  command->callback([options, &action] {
    action = [options](Session& session) { return Evaluate(*options, session); };
  });
}

}  // namespace advae
