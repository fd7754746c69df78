#include "server/http/http_error.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/private_paths.h"
#include "server/base/retry_hint.h"
#include "server/http/json_text.h"
#include "server/messages/error_details.h"

namespace advae {
namespace {

using Json = nlohmann::ordered_json;

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

std::string Written(const Json& body) { return JsonText(body) + "\n"; }

// The details of an error in Protobuf's JSON, each with its type as "@type".
Json JsonOf(const std::vector<google::protobuf::Any>& details) {
  Json list = Json::array();
  for (const google::protobuf::Any& detail : details) {
    std::string text;
    if (!google::protobuf::util::MessageToJsonString(detail, &text).ok()) continue;
    Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!json.is_discarded()) list.push_back(std::move(json));
  }
  return list;
}

}  // namespace

std::string ErrorBody(const std::string& message) { return Written({{"error", message}}); }

HttpResponse HttpError(const absl::Status& status) {
  const std::string message =
      WithoutPrivatePaths({status.message().data(), status.message().size()});
  Json body = {{"error", message}};
  if (const auto details = ErrorDetails(status, message); !details.empty()) {
    body["details"] = JsonOf(details);
  }
  HttpResponse response{
      .status = HttpStatusOf(status.code()), .body = Written(body), .outcome = status};
  if (absl::IsUnauthenticated(status)) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (const auto hint = RetryHint(status)) {
    const absl::Duration seconds = absl::Ceil(*hint, absl::Seconds(1));
    response.headers.emplace_back(
        "Retry-After", absl::StrCat(std::max<int64_t>(absl::ToInt64Seconds(seconds), 1)));
  }
  return response;
}

}  // namespace advae
