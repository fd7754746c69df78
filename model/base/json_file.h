#ifndef ADVAE_MODEL_BASE_JSON_FILE_H_
#define ADVAE_MODEL_BASE_JSON_FILE_H_

#include <google/protobuf/message.h>

#include <filesystem>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace advae {

// `message` as indented protobuf JSON with the field names of the .proto file. Every double comes
// back bit for bit. kInvalidArgument when it has no JSON form, such as a string that is not UTF-8.
absl::StatusOr<std::string> ToJson(const google::protobuf::Message& message);

// The inverse; `path` is what the error calls the text. Fields that the message does not have are
// passed over: a later release may add some. kDataLoss when the text does not parse.
absl::Status FromJson(const std::filesystem::path& path, const std::string& json,
                      google::protobuf::Message& message);

}  // namespace advae

#endif  // ADVAE_MODEL_BASE_JSON_FILE_H_
