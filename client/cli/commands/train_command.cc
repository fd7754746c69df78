#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/commands/command.h"
#include "client/cli/commands/common_options.h"
#include "client/cli/data_input.h"
#include "client/cli/report/loss_history.h"
#include "client/cli/report/train_report.h"
#include "client/cli/training_progress.h"
#include "client/cli/version_records.h"
#include "model/base/status_macros.h"
#include "model/table/text/table_flags.h"
#include "proto/training_flags.h"
#include "report/report_file.h"

namespace advae {
namespace {

constexpr char kFooter[] =
    R"(Columns may have numbers, booleans, categories, dates and times, and cells may be
missing. The kind of each column is detected, and reported where it is not a number;
--column overrules it. Constants, ever-growing counters and identifiers
are left out, like the label, keys, and columns that are ignored or have no name. A
column that looks like a label (named label, Class, is_anomaly, ..., with at most
two values) is refused unless --label-column or --no-label is given. How the file
is written (delimiter, decimal comma, UTF-16, gzip) is detected. The same rows,
hyper-parameters and seed give the same version.

Examples:
  advae train pump --data=normal.csv
  advae train pump --data=export.csv --key=timestamp --ignore='note*'
  advae train flows --data=flows.csv --column=port:category --missing=unknown
  advae train pump --data=normal.csv --label-column=label --alpha=0.01 --seed=7
  advae train pump --data=normal.csv --report=training.html
  ssh plant cat normal.csv | advae train pump --data=- --epochs=200 --output=json)";

struct TrainOptions {
  v1::TrainSpec spec;
  TrainingData data;
  std::optional<std::string> report;
};

// The rows are read again when they have been trained on, which a pipe does not allow.
absl::StatusOr<ReportFile> CreateReport(const TrainOptions& options) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(options.data.path, ignored)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--report reads the rows a second time: --data must be an ordinary file, not ",
                     options.data.path == "-" ? "standard input" : options.data.path));
  }
  return ReportFile::Create(*options.report);
}

absl::Status WriteReport(const TrainOptions& options, const v1::VersionInfo& version,
                         const LossHistory& losses, Session& session, ReportFile& file) {
  const absl::StatusOr<ReportPage> page = TrainReport({.version = version,
                                                       .losses = losses,
                                                       .data = options.data.path,
                                                       .read_options = options.data.ReadOptions()},
                                                      session);
  absl::Status status = page.ok() ? file.Write(page->ToHtml()) : page.status();
  if (status.ok()) return status;
  return absl::Status(
      status.code(),
      absl::StrCat("the version was trained, but its report was not written: ", status.message()));
}

absl::Status Train(const TrainOptions& options, Session& session) {
  v1::TrainSpec spec = options.spec;
  ADVAE_ASSIGN_OR_RETURN(
      DataInput input,
      DataInput::OpenForTraining(options.data.path, session.streams, options.data.ReadOptions(),
                                 {spec.columns().begin(), spec.columns().end()}));
  spec.mutable_columns()->Assign(input.settings().begin(), input.settings().end());
  spec.set_decimal_mark(input.decimal_mark());
  const std::vector<std::string>& missing = options.data.table.format.missing;
  spec.mutable_missing_marks()->Assign(missing.begin(), missing.end());
  std::optional<ReportFile> report;
  if (options.report) {
    ADVAE_ASSIGN_OR_RETURN(ReportFile file, CreateReport(options));
    report.emplace(std::move(file));
  }
  LossHistory losses;
  TrainingProgress progress(session.streams.err, session.streams.err_columns);
  const absl::StatusOr<v1::VersionInfo> version = session.client.Train(
      spec, input.TrainingRows(session.streams.err),
      [&](const v1::TrainResponse& event) {
        progress.Show(event);
        losses.Add(event);
      },
      input.call_ended());
  progress.Finish();
  if (!version.ok()) return version.status();
  WriteObject(session.format, VersionRecord(*version), session.streams.out);
  return report ? WriteReport(options, *version, losses, session, *report) : absl::OkStatus();
}

}  // namespace

void AddTrainCommand(CLI::App& app, Action& action) {
  const auto [command, options] =
      AddCommand(app, action,
                 {"train", "Train a version of a model on the rows of a CSV file", kFooter}, Train);
  AddTrainingData(command, *options.spec.mutable_model(), options.data);
  AddColumnFlags(command, &options.spec);
  command
      .add_option("--report", options.report,
                  "HTML file to write: losses, scores and the most anomalous training rows")
      ->type_name("FILE");
  AddTrainingFlags(command, &options.spec);
}

}  // namespace advae
