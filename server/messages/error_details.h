#ifndef ADVAE_SERVER_MESSAGES_ERROR_DETAILS_H_
#define ADVAE_SERVER_MESSAGES_ERROR_DETAILS_H_

#include <google/protobuf/any.pb.h>

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace advae {

// What an error says to programs, as messages of google.rpc: RetryInfo of its retry hint,
// BadRequest of the field of an INVALID_ARGUMENT, QuotaFailure of the quota of a
// RESOURCE_EXHAUSTED, and ResourceInfo of the model or version that is missing, in the way or in
// the wrong state. `message` is what the client sees of its message. Empty when there is nothing to
// say.
std::vector<google::protobuf::Any> ErrorDetails(const absl::Status& status,
                                                const std::string& message);

}  // namespace advae

#endif  // ADVAE_SERVER_MESSAGES_ERROR_DETAILS_H_
