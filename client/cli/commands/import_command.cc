#include <memory>
#include <string>

#include "client/cli/cancellable_input.h"
#include "client/cli/commands/command.h"
#include "client/cli/commands/common_options.h"
#include "client/cli/data_input.h"
#include "client/cli/version_records.h"
#include "model/base/status_macros.h"
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
  TrainingData data;
};

absl::Status Import(const ImportOptions& options, Session& session) {
  ADVAE_ASSIGN_OR_RETURN(const std::unique_ptr<std::istream> encoder,
                         OpenCancellableFile(options.encoder, session.streams.stop));
  ADVAE_ASSIGN_OR_RETURN(const std::unique_ptr<std::istream> generator,
                         OpenCancellableFile(options.generator, session.streams.stop));
  ADVAE_ASSIGN_OR_RETURN(DataInput input, DataInput::OpenNumbers(options.data.path, session.streams,
                                                                 options.data.ReadOptions()));
  ADVAE_ASSIGN_OR_RETURN(const v1::VersionInfo version,
                         session.client.ImportVersion(
                             options.spec, {.encoder = encoder.get(), .generator = generator.get()},
                             input.ImportRows(session.streams.err), input.call_ended()));
  WriteObject(session.format, VersionRecord(version), session.streams.out);
  return absl::OkStatus();
}

}  // namespace

void AddImportCommand(CLI::App& app, Action& action) {
  const auto [command, options] = AddCommand(
      app, action, {"import", "Make a version from weights trained elsewhere", kFooter}, Import);
  AddTrainingData(command, *options.spec.mutable_model(), options.data);
  command.add_option("--encoder", options.encoder, "File with the encoder's weights")->required();
  command.add_option("--generator", options.generator, "File with the generator's weights")
      ->required();
  AddImportFlags(command, &options.spec);
}

}  // namespace advae
