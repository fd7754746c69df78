#include <google/protobuf/util/time_util.h>

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/cli/commands/command.h"
#include "client/cli/commands/common_options.h"
#include "client/cli/version_records.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

constexpr char kModelFooter[] =
    R"(The server keeps what is deleted for a time (its --keep_deleted), in which
`advae undelete` restores it; with --permanently it does not.

Examples:
  advae delete-model pump --yes
  advae delete-model pump --permanently --yes)";

constexpr char kVersionFooter[] =
    R"(The serving version cannot be deleted. The server keeps what is deleted for a
time (its --keep_deleted), in which `advae undelete` restores it; with
--permanently it does not.

Examples:
  advae delete-version pump 3 --yes
  advae delete-version pump 3 --permanently --yes)";

struct DeleteOptions {
  std::string model;
  uint64_t version = 0;
  bool confirmed = false;
  bool permanently = false;
};

// Adds until when and how what was deleted can be restored, if it can.
template <typename Response>
void AddUndo(const Response& response, const std::string& command, Json& record) {
  if (!response.has_expire_time()) return;
  record["kept_until"] = google::protobuf::util::TimeUtil::ToString(response.expire_time());
  record["undo"] = command;
}

absl::Status DeleteModel(const DeleteOptions& options, Session& session) {
  ADVAE_ASSIGN_OR_RETURN(const v1::DeleteModelResponse response,
                         session.client.DeleteModel(options.model, options.permanently));
  Json record = {{"deleted_model", options.model}};
  AddUndo(response, absl::StrCat("advae undelete ", options.model), record);
  WriteObject(session.format, record, session.streams.out);
  return absl::OkStatus();
}

absl::Status DeleteVersion(const DeleteOptions& options, Session& session) {
  ADVAE_ASSIGN_OR_RETURN(
      const v1::DeleteVersionResponse response,
      session.client.DeleteVersion(options.model, options.version, options.permanently));
  Json record = {{"deleted_version", options.version}};
  AddUndo(response, absl::StrCat("advae undelete ", options.model, " ", options.version), record);
  record.update(SummaryRecord(response.summary()));
  WriteObject(session.format, record, session.streams.out);
  return absl::OkStatus();
}

void AddDeletion(CLI::App& command, DeleteOptions& options) {
  command.add_flag("--yes", options.confirmed, "Confirm the deletion")
      ->required()
      ->disable_flag_override();
  command
      .add_flag("--permanently", options.permanently,
                "Remove it at once, also what was deleted before and is kept")
      ->disable_flag_override();
}

}  // namespace

void AddDeleteModelCommand(CLI::App& app, Action& action) {
  const auto [command, options] = AddCommand(
      app, action, {"delete-model", "Delete a model with all its versions", kModelFooter},
      DeleteModel);
  AddModel(command, options.model);
  AddDeletion(command, options);
}

void AddDeleteVersionCommand(CLI::App& app, Action& action) {
  const auto [command, options] =
      AddCommand(app, action, {"delete-version", "Delete one version of a model", kVersionFooter},
                 DeleteVersion);
  AddModelVersion(command, options.model, options.version);
  AddDeletion(command, options);
}

}  // namespace advae
