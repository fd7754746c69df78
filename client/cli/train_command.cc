#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/data_input.h"
#include "client/cli/loss_history.h"
#include "client/cli/train_report.h"
#include "client/cli/training_progress.h"
#include "client/cli/version_records.h"
#include "proto/training_flags.h"
#include "report/report_file.h"

namespace advae {
namespace {

constexpr char kFooter[] =
    R"(Every column except the label is a feature, and every cell must be a finite
number. A column that looks like a label (named label, Class, is_anomaly, ...,
with at most two values) is refused unless --label-column or --no-label is
given. The same rows, hyper-parameters and seed give the same version.

Examples:
  advae train pump --data=normal.csv
  advae train pump --data=normal.csv --label-column=label --alpha=0.01 --seed=7
  advae train pump --data=normal.csv --report=training.html
  zcat normal.csv.gz | advae train pump --data=- --epochs=200 --output=json)";

struct TrainOptions {
  v1::TrainSpec spec;
  std::string data;
  std::optional<std::string> label_column;
  bool no_label = false;
  std::optional<std::string> report;
};

// The rows are read again when they have been trained on, which a pipe does not allow.
absl::StatusOr<ReportFile> CreateReport(const TrainOptions& options) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(options.data, ignored)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--report reads the rows a second time: --data must be an ordinary file, not ",
                     options.data == "-" ? "standard input" : options.data));
  }
  return ReportFile::Create(*options.report);
}

absl::Status WriteReport(const TrainOptions& options, const v1::VersionInfo& version,
                         const LossHistory& losses, Session& session, ReportFile& file) {
  const absl::StatusOr<ReportPage> page = TrainReport({.version = version,
                                                       .losses = losses,
                                                       .data = options.data,
                                                       .label_column = options.label_column},
                                                      session);
  absl::Status status = page.ok() ? file.Write(page->ToHtml()) : page.status();
  if (status.ok()) return status;
  return absl::Status(
      status.code(),
      absl::StrCat("the version was trained, but its report was not written: ", status.message()));
}

absl::Status Train(const TrainOptions& options, Session& session) {
  absl::StatusOr<DataInput> input = DataInput::Open(
      options.data, session.streams, TrainingOptions(options.label_column, options.no_label));
  if (!input.ok()) return input.status();
  std::optional<ReportFile> report;
  if (options.report) {
    absl::StatusOr<ReportFile> file = CreateReport(options);
    if (!file.ok()) return file.status();
    report.emplace(*std::move(file));
  }
  LossHistory losses;
  TrainingProgress progress(session.streams.err, session.streams.err_columns);
  const absl::StatusOr<v1::VersionInfo> version =
      session.client.Train(options.spec, TrainingRows(input->reader(), session.streams.err),
                           [&](const v1::TrainResponse& event) {
                             progress.Show(event);
                             losses.Add(event);
                           });
  progress.Finish();
  if (!version.ok()) return version.status();
  WriteObject(session.format, VersionRecord(*version), session.streams.out);
  return report ? WriteReport(options, *version, losses, session, *report) : absl::OkStatus();
}

}  // namespace

void AddTrainCommand(CLI::App& app, Action& action) {
  const auto options = std::make_shared<TrainOptions>();
  CLI::App* const command =
      app.add_subcommand("train", "Train a version of a model on the rows of a CSV file");
  command->footer(kFooter);
  command
      ->add_option_function<std::string>(
          "name", [options](const std::string& name) { options->spec.set_model(name); },
          "The model; it is created when it is new")
      ->required();
  command
      ->add_option("--data", options->data, "CSV file with training rows, or - for standard input")
      ->required();
  AddLabelFlags(*command, options->label_column, options->no_label);
  command
      ->add_option("--report", options->report,
                   "HTML file to write: losses, scores and the most anomalous training rows")
      ->type_name("FILE");
  AddTrainingFlags(*command, &options->spec);
  command->callback([options, &action] {
    action = [options](Session& session) { return Train(*options, session); };
  });
}

}  // namespace advae
