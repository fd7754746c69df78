#include "client/cli/data_input.h"

#include <cstdint>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "model/base/input_file.h"
#include "model/base/status_macros.h"

namespace advae {

absl::StatusOr<DataInput> DataInput::Open(const std::string& path, CliStreams& streams,
                                          DataSetOptions options) {
  std::unique_ptr<std::istream> file;
  options.source_name = "standard input";
  if (path != "-") {
    ADVAE_ASSIGN_OR_RETURN(file, OpenInputFile(path));
    options.source_name = path;
  }
  ADVAE_ASSIGN_OR_RETURN(
      DataSetReader reader,
      DataSetReader::Create(file == nullptr ? streams.in : *file, std::move(options)));
  return DataInput(std::move(file), std::move(reader));
}

absl::StatusOr<v1::VersionInfo> FindVersion(Client& client, const v1::ScoreRequest& settings) {
  const std::string& model = settings.model();
  ADVAE_ASSIGN_OR_RETURN(const v1::GetModelResponse response, client.GetModel(model));
  const uint64_t wanted =
      settings.has_version() ? settings.version() : response.summary().serving_version();
  for (const v1::VersionInfo& info : response.versions()) {
    if (info.version() == wanted) return info;
  }
  return absl::NotFoundError(absl::StrCat("model \"", model, "\" has no version ", wanted,
                                          "; its versions are ",
                                          absl::StrJoin(response.summary().versions(), ", ")));
}

RowSource TrainingRows(DataSetReader& reader, std::ostream& messages) {
  ReportNotes(reader, messages);
  return [&, rows = RowsOf(reader, std::numeric_limits<size_t>::max()),
          first = true](v1::Matrix& chunk) mutable -> absl::StatusOr<bool> {
    absl::StatusOr<bool> more = rows(chunk);
    const bool is_first = std::exchange(first, false);
    if (!more.ok() || *more) return more;
    if (is_first) {
      return absl::InvalidArgumentError(
          absl::StrCat(reader.source_name(), ": no row follows the header"));
    }
    ReportBadLines(reader, messages);
    for (const std::string& name : reader.LabelSuspects()) {
      messages << "advae: warning: column \"" << name
               << "\" is used as a feature, but has the name of a label" << std::endl;
    }
    return false;
  };
}

void ReportNotes(const DataSetReader& reader, std::ostream& messages) {
  for (const std::string& note : reader.notes()) {
    messages << "advae: note: " << reader.source_name() << ": " << note << std::endl;
  }
}

void ReportBadLines(const DataSetReader& reader, std::ostream& messages) {
  const BadLines& bad = reader.bad_lines();
  if (bad.count == 0) return;
  messages << "advae: warning: " << reader.source_name() << ": " << bad.count
           << (bad.count == 1 ? " line was" : " lines were") << " passed over; the first is "
           << bad.first << std::endl;
}

std::vector<std::string> FeatureNames(const v1::VersionInfo& version) {
  std::vector<std::string> names;
  for (const v1::Feature& feature : version.features()) names.push_back(feature.name());
  return names;
}

}  // namespace advae
