#include <memory>
#include <string>
#include <vector>

#include "client/cli/commands/command.h"
#include "client/cli/version_records.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

constexpr char kFooter[] =
    R"(Versions of the repository that the server does not hold are named on standard error,
with the reason, among them one that was to serve.

Examples:
  advae models
  advae models --output=json)";

struct NoOptions {};

void WriteModels(const v1::ListModelsResponse& response, Session& session) {
  if (IsJson(session.format)) {
    Json models = Json::array();
    for (const v1::ModelSummary& model : response.models()) models.push_back(SummaryRecord(model));
    WriteObject(session.format, {{"models", models}}, session.streams.out);
    return;
  }
  std::vector<std::string> columns;
  const Json fields = SummaryRecord(v1::ModelSummary());
  for (const auto& [name, value] : fields.items()) columns.push_back(name);
  const std::unique_ptr<RecordWriter> writer =
      RecordWriter::Create(session.format, columns, session.streams.out);
  for (const v1::ModelSummary& model : response.models()) {
    const Json record = SummaryRecord(model);
    writer->Write({record.begin(), record.end()});
  }
  writer->Finish();
}

absl::Status ListModels(const NoOptions& /*options*/, Session& session) {
  ADVAE_ASSIGN_OR_RETURN(const v1::ListModelsResponse response, session.client.ListModels());
  WriteModels(response, session);
  ADVAE_ASSIGN_OR_RETURN(const inference::RepositoryIndexResponse index,
                         session.client.RepositoryIndex());
  for (const auto& version : index.models()) {
    if (version.state() != "UNAVAILABLE") continue;
    session.streams.err << "model " << version.name() << ": the server does not hold version "
                        << version.version() << ": " << version.reason() << '\n';
  }
  return absl::OkStatus();
}

}  // namespace

void AddModelsCommand(CLI::App& app, Action& action) {
  AddCommand(app, action, {"models", "List the models", kFooter}, ListModels);
}

}  // namespace advae
