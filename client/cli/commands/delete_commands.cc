#include <cstdint>
#include <string>

#include "client/cli/commands/command.h"
#include "client/cli/commands/common_options.h"
#include "client/cli/version_records.h"
#include "model/base/status_macros.h"

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
  ADVAE_RETURN_IF_ERROR(session.client.DeleteModel(options.model));
  WriteObject(session.format, {{"deleted_model", options.model}}, session.streams.out);
  return absl::OkStatus();
}

absl::Status DeleteVersion(const DeleteOptions& options, Session& session) {
  ADVAE_ASSIGN_OR_RETURN(const v1::ModelSummary summary,
                         session.client.DeleteVersion(options.model, options.version));
  Json record = {{"deleted_version", options.version}};
  record.update(SummaryRecord(summary));
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
  const auto [command, options] = AddCommand(
      app, action, {"delete-model", "Delete a model with all its versions", kModelFooter},
      DeleteModel);
  AddModel(command, options.model);
  AddConfirmation(command, options);
}

void AddDeleteVersionCommand(CLI::App& app, Action& action) {
  const auto [command, options] =
      AddCommand(app, action, {"delete-version", "Delete one version of a model", kVersionFooter},
                 DeleteVersion);
  AddModelVersion(command, options.model, options.version);
  AddConfirmation(command, options);
}

}  // namespace advae
