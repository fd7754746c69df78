#include <cstdint>
#include <memory>
#include <string>

#include "client/cli/command.h"
#include "client/cli/version_records.h"

namespace advae {
namespace {

constexpr char kModelFooter[] = R"(Deleting cannot be undone, hence --yes.

Example:
  advae delete-model pump --yes)";

constexpr char kVersionFooter[] =
    R"(Deleting cannot be undone, hence --yes. The serving version cannot be deleted.

Example:
  advae delete-version pump 3 --yes)";

struct DeleteOptions {
  std::string model;
  uint64_t version = 0;
  bool confirmed = false;
};

absl::Status DeleteModel(const DeleteOptions& options, Session& session) {
  absl::Status status = session.client.DeleteModel(options.model);
  if (!status.ok()) return status;
  WriteObject(session.format, {{"deleted_model", options.model}}, session.streams.out);
  return absl::OkStatus();
}

absl::Status DeleteVersion(const DeleteOptions& options, Session& session) {
  const absl::StatusOr<v1::ModelSummary> summary =
      session.client.DeleteVersion(options.model, options.version);
  if (!summary.ok()) return summary.status();
  Json record = {{"deleted_version", options.version}};
  record.update(SummaryRecord(*summary));
  WriteObject(session.format, record, session.streams.out);
  return absl::OkStatus();
}

void AddConfirmation(CLI::App& command, DeleteOptions& options) {
  command.add_flag("--yes", options.confirmed, "Confirm the deletion")
      ->required()
      ->disable_flag_override();
}

}  // namespace

void AddDeleteModelCommand(CLI::App& app, Action& action) {
  const auto options = std::make_shared<DeleteOptions>();
  CLI::App* const command =
      app.add_subcommand("delete-model", "Delete a model with all its versions");
  command->footer(kModelFooter);
  command->add_option("name", options->model, "The model")->required();
  AddConfirmation(*command, *options);
  command->callback([options, &action] {
    action = [options](Session& session) { return DeleteModel(*options, session); };
  });
}

void AddDeleteVersionCommand(CLI::App& app, Action& action) {
  const auto options = std::make_shared<DeleteOptions>();
  CLI::App* const command = app.add_subcommand("delete-version", "Delete one version of a model");
  command->footer(kVersionFooter);
  command->add_option("name", options->model, "The model")->required();
  command->add_option("version", options->version, "The version")->required();
  AddConfirmation(*command, *options);
  command->callback([options, &action] {
    action = [options](Session& session) { return DeleteVersion(*options, session); };
  });
}

}  // namespace advae
