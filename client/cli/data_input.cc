#include "client/cli/data_input.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "model/data/input_file.h"

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

absl::StatusOr<ScoredVersion> FindScoredVersion(Client& client, const std::string& model,
                                                std::optional<uint64_t> version) {
  const absl::StatusOr<v1::GetModelResponse> response = client.GetModel(model);
  if (!response.ok()) return response.status();
  ScoredVersion found{.version = version.value_or(response->summary().serving_version())};
  for (const v1::VersionInfo& info : response->versions()) {
    if (info.version() != found.version) continue;
    for (const v1::Feature& feature : info.features()) {
      found.feature_names.push_back(feature.name());
    }
    return found;
  }
  return absl::NotFoundError(absl::StrCat("model \"", model, "\" has no version ", found.version,
                                          "; its versions are ",
                                          absl::StrJoin(response->summary().versions(), ", ")));
}

}  // namespace advae
