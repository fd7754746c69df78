#include <google/protobuf/util/time_util.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "client/cli/commands/command.h"
#include "client/cli/commands/common_options.h"
#include "client/cli/version_records.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

using ::google::protobuf::util::TimeUtil;

constexpr char kUndeleteFooter[] =
    R"(Which version serves does not change. In a model without versions, the one
serves that did before the deletion.

Examples:
  advae undelete pump
  advae undelete pump 3)";

constexpr char kDeletedFooter[] = R"(Examples:
  advae deleted
  advae deleted pump --output=json)";

struct UndeleteOptions {
  std::string model;
  std::optional<uint64_t> version;
};

struct DeletedOptions {
  std::string model;
};

absl::Status Undelete(const UndeleteOptions& options, Session& session) {
  ADVAE_ASSIGN_OR_RETURN(const v1::UndeleteResponse response,
                         session.client.Undelete(options.model, options.version));
  Json versions = Json::array();
  for (const uint64_t version : response.restored_versions()) versions.push_back(version);
  Json record = {{"restored_versions", versions}};
  record.update(SummaryRecord(response.summary()));
  WriteObject(session.format, record, session.streams.out);
  return absl::OkStatus();
}

Json DeletedRecord(const v1::DeletedVersion& version) {
  return {{"model", version.model()},
          {"version", version.version()},
          {"delete_time", TimeUtil::ToString(version.delete_time())},
          {"expire_time", TimeUtil::ToString(version.expire_time())}};
}

absl::Status ListDeleted(const DeletedOptions& options, Session& session) {
  ADVAE_ASSIGN_OR_RETURN(const v1::ListDeletedResponse response,
                         session.client.ListDeleted(options.model));
  if (IsJson(session.format)) {
    Json versions = Json::array();
    for (const auto& version : response.versions()) versions.push_back(DeletedRecord(version));
    WriteObject(session.format, {{"deleted_versions", versions}}, session.streams.out);
    return absl::OkStatus();
  }
  const std::unique_ptr<RecordWriter> writer = RecordWriter::Create(
      session.format, {"model", "version", "delete_time", "expire_time"}, session.streams.out);
  for (const v1::DeletedVersion& version : response.versions()) {
    const Json record = DeletedRecord(version);
    writer->Write({record.begin(), record.end()});
  }
  writer->Finish();
  return absl::OkStatus();
}

}  // namespace

void AddUndeleteCommand(CLI::App& app, Action& action) {
  const auto [command, options] = AddCommand(
      app, action, {"undelete", "Restore deleted versions that the server keeps", kUndeleteFooter},
      Undelete);
  AddModel(command, options.model);
  command
      .add_option("version", options.version, "Version to restore; all that are kept if omitted")
      ->check(CheckPositive, "POSITIVE");
}

void AddDeletedCommand(CLI::App& app, Action& action) {
  const auto [command, options] = AddCommand(
      app, action, {"deleted", "List deleted versions that the server keeps", kDeletedFooter},
      ListDeleted);
  command.add_option("name", options.model, "Model; all if omitted");
}

}  // namespace advae
