#include <memory>
#include <string>
#include <vector>

#include "client/cli/command.h"
#include "client/cli/version_records.h"

namespace advae {
namespace {

constexpr char kFooter[] = R"(Examples:
  advae models
  advae models --output=json)";

absl::Status ListModels(Session& session) {
  const absl::StatusOr<v1::ListModelsResponse> response = session.client.ListModels();
  if (!response.ok()) return response.status();
  if (session.format == OutputFormat::kJson) {
    Json models = Json::array();
    for (const v1::ModelSummary& model : response->models()) models.push_back(SummaryRecord(model));
    WriteObject(session.format, {{"models", models}}, session.streams.out);
    return absl::OkStatus();
  }
  std::vector<std::string> columns;
  const Json fields = SummaryRecord(v1::ModelSummary());
  for (const auto& [name, value] : fields.items()) columns.push_back(name);
  const std::unique_ptr<RecordWriter> writer =
      RecordWriter::Create(session.format, columns, session.streams.out);
  for (const v1::ModelSummary& model : response->models()) {
    const Json record = SummaryRecord(model);
    writer->Write({record.begin(), record.end()});
  }
  writer->Finish();
  return absl::OkStatus();
}

}  // namespace

void AddModelsCommand(CLI::App& app, Action& action) {
  CLI::App* const command = app.add_subcommand("models", "List the models");
  command->footer(kFooter);
  command->callback([&action] { action = ListModels; });
}

}  // namespace advae
