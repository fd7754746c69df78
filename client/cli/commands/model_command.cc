#include <memory>
#include <string>
#include <vector>

#include "client/cli/commands/command.h"
#include "client/cli/commands/common_options.h"
#include "client/cli/schema_text.h"
#include "client/cli/version_records.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

constexpr char kFooter[] =
    R"(A table shows the serving version's columns or features, its warnings and the thresholds of
all versions; JSON has the full metadata; CSV has one line a version.

Examples:
  advae model pump
  advae model pump --output=json)";

void WriteTitle(const std::string& title, std::ostream& out) { out << '\n' << title << '\n'; }

void WriteVersions(const v1::GetModelResponse& model, OutputFormat format, std::ostream& out) {
  const std::unique_ptr<RecordWriter> writer =
      RecordWriter::Create(format,
                           {"version", "origin", "create_time", "training_rows", "features",
                            "threshold", "alpha", "seed", "data_fingerprint", "created_by"},
                           out);
  for (const v1::VersionInfo& version : model.versions()) {
    const Json record = VersionRecord(version);
    writer->Write({record["version"], record["origin"], record["create_time"],
                   record["training_rows"], record["features"], record["threshold"],
                   record["alpha"], record["seed"], record["data_fingerprint"],
                   record.value("created_by", "")});
  }
  writer->Finish();
}

void WriteThresholds(const v1::GetModelResponse& model, std::ostream& out) {
  const std::unique_ptr<RecordWriter> writer = RecordWriter::Create(
      OutputFormat::kTable, {"version", "alpha", "threshold", "set_time", "set_by"}, out);
  for (const v1::VersionInfo& version : model.versions()) {
    const Json details = VersionDetails(version);
    for (const Json& threshold : details["threshold_history"]) {
      writer->Write({version.version(), threshold["alpha"], threshold["threshold"],
                     threshold["set_time"], threshold.value("set_by", "")});
    }
  }
  writer->Finish();
}

void WriteFeatures(const v1::VersionInfo& version, std::ostream& out) {
  const std::unique_ptr<RecordWriter> writer =
      RecordWriter::Create(OutputFormat::kTable, {"feature", "minimum", "maximum"}, out);
  for (const v1::Feature& feature : version.features()) {
    writer->Write({feature.name(), feature.minimum(), feature.maximum()});
  }
  writer->Finish();
}

// The columns of a version with a schema, in place of the features that they become.
void WriteSchema(const v1::TableSchema& schema, std::ostream& out) {
  const std::unique_ptr<RecordWriter> writer = RecordWriter::Create(
      OutputFormat::kTable, {kSchemaColumns.begin(), kSchemaColumns.end()}, out);
  for (const std::vector<std::string>& row : SchemaRows(schema)) {
    writer->Write({row.begin(), row.end()});
  }
  writer->Finish();
  if (const std::string marks = MissingMarksText(schema); !marks.empty()) out << marks << '\n';
}

void WriteTables(const v1::GetModelResponse& model, std::ostream& out) {
  WriteObject(OutputFormat::kTable, SummaryRecord(model.summary()), out);
  WriteTitle("Versions", out);
  WriteVersions(model, OutputFormat::kTable, out);
  WriteTitle("Thresholds; the last of each version is in force", out);
  WriteThresholds(model, out);
  for (const v1::VersionInfo& version : model.versions()) {
    if (version.version() != model.summary().serving_version()) continue;
    if (version.has_schema()) {
      WriteTitle("Columns of the serving version", out);
      WriteSchema(version.schema(), out);
    } else {
      WriteTitle("Features of the serving version", out);
      WriteFeatures(version, out);
    }
    if (version.warnings().empty()) continue;
    WriteTitle("Warnings of the serving version", out);
    for (const std::string& warning : version.warnings()) out << warning << '\n';
  }
}

struct ShowOptions {
  std::string model;
};

absl::Status ShowModel(const ShowOptions& options, Session& session) {
  ADVAE_ASSIGN_OR_RETURN(const v1::GetModelResponse model, session.client.GetModel(options.model));
  std::ostream& out = session.streams.out;
  switch (session.format) {
    case OutputFormat::kTable:
      WriteTables(model, out);
      break;
    case OutputFormat::kCsv:
      WriteVersions(model, session.format, out);
      break;
    case OutputFormat::kJson:
    case OutputFormat::kJsonLines:
      Json record = SummaryRecord(model.summary());
      Json& versions = record["versions"] = Json::array();
      for (const v1::VersionInfo& version : model.versions()) {
        versions.push_back(VersionDetails(version));
      }
      WriteObject(session.format, record, out);
      break;
  }
  for (const v1::LeftOutVersion& left_out : model.left_out_versions()) {
    session.streams.err << "the server does not hold version " << left_out.version() << ": "
                        << left_out.reason() << '\n';
  }
  return absl::OkStatus();
}

}  // namespace

void AddModelCommand(CLI::App& app, Action& action) {
  const auto [command, options] =
      AddCommand(app, action, {"model", "Show a model and all its versions", kFooter}, ShowModel);
  AddModel(command, options.model);
}

}  // namespace advae
