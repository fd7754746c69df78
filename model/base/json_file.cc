#include "model/base/json_file.h"

#include <google/protobuf/util/json_util.h>

#include "absl/strings/str_cat.h"

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

}  // namespace advae
