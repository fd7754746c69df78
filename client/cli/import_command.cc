#include <memory>
#include <optional>
#include <string>

#include "client/cli/command.h"
#include "client/cli/data_input.h"
#include "client/cli/version_records.h"
#include "model/base/input_file.h"
#include "proto/training_flags.h"

namespace advae {
namespace {

constexpr char kFooter[] =
    R"(The weight files are safetensors, or state dicts as torch.save() writes them. The
rows must be those that the networks were trained on: they give the scaling of
the features and the threshold.

Examples:
  advae import pump --encoder=encoder.pt --generator=generator.pt --data=normal.csv
  advae import pump --encoder=e.safetensors --generator=g.safetensors \
      --data=normal.csv --sampler=monte-carlo --samples=1000 --seed=7)";

struct ImportOptions {
  v1::ImportSpec spec;
  std::string encoder;
  std::string generator;
  std::string data;
  std::optional<std::string> label_column;
  bool no_label = false;
};

absl::Status Import(const ImportOptions& options, Session& session) {
  const absl::StatusOr<std::unique_ptr<std::istream>> encoder = OpenInputFile(options.encoder);
  if (!encoder.ok()) return encoder.status();
  const absl::StatusOr<std::unique_ptr<std::istream>> generator = OpenInputFile(options.generator);
  if (!generator.ok()) return generator.status();
  absl::StatusOr<DataInput> input = DataInput::Open(
      options.data, session.streams, TrainingOptions(options.label_column, options.no_label));
  if (!input.ok()) return input.status();
  const absl::StatusOr<v1::VersionInfo> version = session.client.ImportVersion(
      options.spec, {.encoder = encoder->get(), .generator = generator->get()},
      TrainingRows(input->reader(), session.streams.err));
  if (!version.ok()) return version.status();
  WriteObject(session.format, VersionRecord(*version), session.streams.out);
  return absl::OkStatus();
}

}  // namespace

void AddImportCommand(CLI::App& app, Action& action) {
  const auto options = std::make_shared<ImportOptions>();
  CLI::App* const command =
      app.add_subcommand("import", "Make a version from weights trained elsewhere");
  command->footer(kFooter);
  command
      ->add_option_function<std::string>(
          "name", [options](const std::string& name) { options->spec.set_model(name); },
          "The model; it is created when it is new")
      ->required();
  command->add_option("--encoder", options->encoder, "File with the encoder's weights")->required();
  command->add_option("--generator", options->generator, "File with the generator's weights")
      ->required();
  command
      ->add_option("--data", options->data, "CSV file with training rows, or - for standard input")
      ->required();
  AddLabelFlags(*command, options->label_column, options->no_label);
  AddImportFlags(*command, &options->spec);
  command->callback([options, &action] {
    action = [options](Session& session) { return Import(*options, session); };
  });
}

}  // namespace advae
