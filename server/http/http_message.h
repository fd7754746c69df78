#ifndef ADVAE_SERVER_HTTP_HTTP_MESSAGE_H_
#define ADVAE_SERVER_HTTP_HTTP_MESSAGE_H_

#include <atomic>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "server/identity/access_control.h"
#include "server/messages/memory_budget.h"

namespace advae {

struct HttpRequest {
  std::string method;  // "GET"
  std::string path;    // decoded, without the query
  // Parameters of the query by name, decoded; of one that is there twice the first.
  std::map<std::string, std::string> query;
  // By name in lower case.
  std::map<std::string, std::string> headers;
  std::string body;
  std::string peer;  // IP:PORT
  // In the certificate of the client, if it was asked for one.
  std::vector<std::string> certificate_names;
  // Holds the memory of the body; what belongs to the request may be added.
  std::shared_ptr<MemoryLease> lease;
  // True once the client has closed its connection, or its side of it: nobody reads the answer.
  std::shared_ptr<const std::atomic<bool>> client_has_gone;
};

// Sets path and query of `request` by the target of its first line, such as "/v2?a=b", or
// "http://host/v2?a=b" (RFC 9112, section 3.2).
void SetTarget(std::string_view target, HttpRequest& request);

// kInvalidArgument when the query has another parameter than these, such as one that is misspelt.
absl::Status CheckQuery(const HttpRequest& request, std::span<const std::string_view> known);

// What a request brings to show who makes it. They refer to `request`.
Credentials CredentialsOf(const HttpRequest& request);

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  // Holds the memory of the body until it has been sent; null for a small body.
  std::shared_ptr<MemoryLease> lease = nullptr;
  // What the answer tells of, for log and metrics.
  absl::Status outcome = absl::OkStatus();
};

}  // namespace advae

#endif  // ADVAE_SERVER_HTTP_HTTP_MESSAGE_H_
