#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
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

// Ascending numbers as a reader sees them at a glance: "1, 4-120".
std::string Ranges(const google::protobuf::RepeatedField<uint64_t>& numbers) {
  std::string text;
  for (int first = 0, next = 0; first < numbers.size(); first = next) {
    for (next = first + 1; next < numbers.size() && numbers[next] == numbers[next - 1] + 1;) ++next;
    const char* const separator = next - first > 2 ? "-" : ", ";
    absl::StrAppend(&text, first == 0 ? "" : ", ", numbers[first]);
    if (next - first > 1) absl::StrAppend(&text, separator, numbers[next - 1]);
  }
  return text;
}

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
    Json record = SummaryRecord(model);
    if (session.format == OutputFormat::kTable) record["versions"] = Ranges(model.versions());
    writer->Write({record.begin(), record.end()});
  }
  writer->Finish();
}

absl::Status ListModels(const NoOptions& /*options*/, Session& session) {
  ADVAE_ASSIGN_OR_RETURN(const v1::ListModelsResponse response, session.client.ListModels());
  WriteModels(response, session);
  const absl::StatusOr<inference::RepositoryIndexResponse> index = session.client.RepositoryIndex();
  // Of an older server.
  if (absl::IsUnimplemented(index.status())) return absl::OkStatus();
  if (!index.ok()) return index.status();
  for (const auto& version : index->models()) {
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
