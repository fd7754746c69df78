#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "client/cli/command.h"
#include "client/cli/data_input.h"
#include "client/cli/training_progress.h"
#include "client/cli/version_records.h"
#include "proto/training_flags.h"

namespace advae {
namespace {

constexpr char kFooter[] =
    R"(Every column but the label is a feature; every cell must be a finite number.
Same rows, hyper-parameters and seed give the same version.

Examples:
  advae train pump --data=normal.csv
  advae train pump --data=normal.csv --label-column=label --alpha=0.01 --seed=7
  zcat normal.csv.gz | advae train pump --data=- --epochs=200 --output=json)";

struct TrainOptions {
  v1::TrainSpec spec;
  std::string data;
  std::optional<std::string> label_column;
};

absl::Status Train(const TrainOptions& options, Session& session) {
  absl::StatusOr<DataInput> input =
      DataInput::Open(options.data, session.streams, {.label_column = options.label_column});
  if (!input.ok()) return input.status();
  TrainingProgress progress(session.streams.err, session.streams.err_is_terminal);
  const absl::StatusOr<v1::VersionInfo> version = session.client.Train(
      options.spec, RowsOf(input->reader(), std::numeric_limits<size_t>::max()),
      [&](const v1::TrainResponse& event) { progress.Show(event); });
  progress.Finish();
  if (!version.ok()) return version.status();
  WriteObject(session.format, VersionRecord(*version), session.streams.out);
  return absl::OkStatus();
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
  command->add_option("--label-column", options->label_column,
                      "Column that is no feature; rows are used whatever their labels");
  AddTrainingFlags(*command, &options->spec);
  command->callback([options, &action] {
    action = [options](Session& session) { return Train(*options, session); };
  });
}

}  // namespace advae
