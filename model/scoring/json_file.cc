#include "model/scoring/json_file.h"

#include <google/protobuf/util/json_util.h>

#include "absl/strings/str_cat.h"
#include "model/scoring/file_io.h"

namespace advae {

absl::StatusOr<std::string> ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  if (!status.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot be written as JSON: ", status.ToString()));
  }
  return json;
}

absl::Status FromJson(const std::filesystem::path& path, const std::string& json,
                      google::protobuf::Message& message) {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &message, options);
  if (status.ok()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(path.string(), ": ", status.ToString()));
}

absl::Status ReplaceJson(const StagingArea& staging, const google::protobuf::Message& message,
                         const std::filesystem::path& path) {
  const absl::StatusOr<std::string> json = ToJson(message);
  if (!json.ok()) return json.status();
  const absl::StatusOr<std::filesystem::path> temporary = staging.NewPath();
  if (!temporary.ok()) return temporary.status();
  return ReplaceFile(*temporary, path, *json);
}

}  // namespace advae
