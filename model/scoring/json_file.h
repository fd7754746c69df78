#ifndef ADVAE_MODEL_SCORING_JSON_FILE_H_
#define ADVAE_MODEL_SCORING_JSON_FILE_H_

#include <google/protobuf/message.h>

#include <filesystem>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/scoring/staging.h"

namespace advae {

// `message` as indented protobuf JSON with the field names of the .proto file. Every double comes
// back bit for bit. kInvalidArgument when it has no JSON form, such as a string that is not UTF-8.
absl::StatusOr<std::string> ToJson(const google::protobuf::Message& message);

// The inverse; `path` is what the error calls the text. Fields that the message does not have are
// passed over: a later release may add some. kDataLoss when the text does not parse.
absl::Status FromJson(const std::filesystem::path& path, const std::string& json,
                      google::protobuf::Message& message);

// Replaces `path`, atomically and durably, with the message as JSON. Errors as in ToJson and
// file_io.h.
absl::Status ReplaceJson(const StagingArea& staging, const google::protobuf::Message& message,
                         const std::filesystem::path& path);

}  // namespace advae

#endif  // ADVAE_MODEL_SCORING_JSON_FILE_H_
