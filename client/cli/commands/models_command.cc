#include <memory>
#include <string>
#include <vector>

#include "client/cli/commands/command.h"
#include "client/cli/version_records.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

constexpr char kFooter[] = R"(Examples:
  advae models
  advae models --output=json)";

struct NoOptions {};

absl::Status ListModels(const NoOptions& /*options*/, Session& session) {
  ADVAE_ASSIGN_OR_RETURN(const v1::ListModelsResponse response, session.client.ListModels());
  if (IsJson(session.format)) {
    Json models = Json::array();
    for (const v1::ModelSummary& model : response.models()) models.push_back(SummaryRecord(model));
    WriteObject(session.format, {{"models", models}}, session.streams.out);
    return absl::OkStatus();
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
  return absl::OkStatus();
}

}  // namespace

void AddModelsCommand(CLI::App& app, Action& action) {
  AddCommand(app, action, {"models", "List the models", kFooter}, ListModels);
}

}  // namespace advae
