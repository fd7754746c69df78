#ifndef ADVAE_SERVER_HTTP_HTTP_ERROR_H_
#define ADVAE_SERVER_HTTP_HTTP_ERROR_H_

#include <string>

#include "absl/status/status.h"
#include "server/http/http_message.h"

namespace advae {

// {"error": MESSAGE}, as the Open Inference Protocol has it.
std::string ErrorBody(const std::string& message);

// What a client gets to see of an error: as ToGrpcStatus, with the HTTP status of its code, and the
// retry hint in whole seconds, at least one, as Retry-After. ErrorDetails stand beside the message,
// as "details".
HttpResponse HttpError(const absl::Status& status);

}  // namespace advae

#endif  // ADVAE_SERVER_HTTP_HTTP_ERROR_H_
