#include "client/cli/data_input.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "model/base/input_file.h"

namespace advae {

absl::StatusOr<DataInput> DataInput::Open(const std::string& path, CliStreams& streams,
                                          DataSetOptions options) {
  std::unique_ptr<std::istream> file;
  options.source_name = "standard input";
  if (path != "-") {
    absl::StatusOr<std::unique_ptr<std::istream>> opened = OpenInputFile(path);
    if (!opened.ok()) return opened.status();
    file = *std::move(opened);
    options.source_name = path;
  }
  absl::StatusOr<DataSetReader> reader =
      DataSetReader::Create(file == nullptr ? streams.in : *file, std::move(options));
  if (!reader.ok()) return reader.status();
  return DataInput(std::move(file), *std::move(reader));
}

absl::StatusOr<v1::VersionInfo> FindVersion(Client& client, const std::string& model,
                                            std::optional<uint64_t> version) {
  const absl::StatusOr<v1::GetModelResponse> response = client.GetModel(model);
  if (!response.ok()) return response.status();
  const uint64_t wanted = version.value_or(response->summary().serving_version());
  for (const v1::VersionInfo& info : response->versions()) {
    if (info.version() == wanted) return info;
  }
  return absl::NotFoundError(absl::StrCat("model \"", model, "\" has no version ", wanted,
                                          "; its versions are ",
                                          absl::StrJoin(response->summary().versions(), ", ")));
}

DataSetOptions TrainingOptions(const std::optional<std::string>& label_column, bool no_label) {
  return {.label_column = label_column,
          .skip_labels = true,
          .refuse_label_feature = !label_column && !no_label};
}

RowSource TrainingRows(DataSetReader& reader, std::ostream& messages) {
  return [&, rows = RowsOf(reader, std::numeric_limits<size_t>::max()),
          first = true](v1::Matrix& chunk) mutable -> absl::StatusOr<bool> {
    absl::StatusOr<bool> more = rows(chunk);
    const bool is_first = std::exchange(first, false);
    if (!more.ok() || *more) return more;
    if (is_first) {
      return absl::InvalidArgumentError(
          absl::StrCat(reader.source_name(), ": no row follows the header"));
    }
    for (const std::string& name : reader.LabelSuspects()) {
      messages << "advae: warning: column \"" << name
               << "\" is used as a feature, but has the name of a label" << std::endl;
    }
    return false;
  };
}

void AddLabelFlags(CLI::App& command, std::optional<std::string>& label_column, bool& no_label) {
  CLI::Option* const label =
      command.add_option("--label-column", label_column,
                         "Column of labels, which is left out; its cells may hold anything");
  command
      .add_flag("--no-label", no_label,
                "Train on every column, even one that looks like a label (refused otherwise)")
      ->excludes(label);
}

std::vector<std::string> FeatureNames(const v1::VersionInfo& version) {
  std::vector<std::string> names;
  for (const v1::Feature& feature : version.features()) names.push_back(feature.name());
  return names;
}

}  // namespace advae
