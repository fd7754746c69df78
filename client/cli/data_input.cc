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

std::vector<std::string> FeatureNames(const v1::VersionInfo& version) {
  std::vector<std::string> names;
  for (const v1::Feature& feature : version.features()) names.push_back(feature.name());
  return names;
}

}  // namespace advae
