#include "server/http/http_error.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "server/base/private_paths.h"
#include "server/base/retry_hint.h"

namespace advae {
namespace {

// As google.rpc.Code maps codes to HTTP.
int HttpStatusOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
      return 400;
    case absl::StatusCode::kUnauthenticated:
      return 401;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
      return 409;
    case absl::StatusCode::kResourceExhausted:
      return 429;
    case absl::StatusCode::kCancelled:
      return 499;
    case absl::StatusCode::kUnimplemented:
      return 501;
    case absl::StatusCode::kUnavailable:
      return 503;
    case absl::StatusCode::kDeadlineExceeded:
      return 504;
    default:
      return 500;
  }
}

}  // namespace

std::string ErrorBody(const std::string& message) {
  const nlohmann::ordered_json body = {{"error", message}};
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

HttpResponse HttpError(const absl::Status& status) {
  HttpResponse response{
      .status = HttpStatusOf(status.code()),
      .body = ErrorBody(WithoutPrivatePaths({status.message().data(), status.message().size()}))};
  if (absl::IsUnauthenticated(status)) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (const auto hint = RetryHint(status)) {
    response.headers.emplace_back("Retry-After",
                                  absl::StrCat(std::ceil(absl::ToDoubleSeconds(*hint))));
  }
  return response;
}

}  // namespace advae
