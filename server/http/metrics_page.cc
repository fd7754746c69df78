#include "server/http/metrics_page.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"
#include "server/http/http_error.h"
#include "server/identity/permissions.h"

namespace advae {
namespace {

absl::Status Admit(const AccessControl& access, const HttpRequest& request) {
  ADVAE_ASSIGN_OR_RETURN(const CallPermit permit,
                         access.Admit(CredentialsOf(request), kMetricsMethod));
  const Caller& caller = permit.caller();
  if (caller.grant == nullptr || caller.grant->CoversAll()) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat("the metrics are of all models; \"", caller.name,
                                                  "\" has rights on some of them only"));
}

}  // namespace

HttpServer::Handler MetricsPage(const AccessControl& access, std::function<std::string()> page) {
  return [&access, page = std::move(page)](const std::shared_ptr<const HttpRequest>& request,
                                           const HttpServer::Answer& answer) {
    if (request->method != "GET" && request->method != "HEAD") {
      return answer(
          {.status = 405, .body = ErrorBody("expected GET"), .headers = {{"Allow", "GET"}}});
    }
    if (request->path != "/metrics") {
      return answer({.status = 404, .body = ErrorBody("the metrics are at /metrics")});
    }
    if (const absl::Status status = Admit(access, *request); !status.ok()) {
      return answer(HttpError(status));
    }
    answer({.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = page()});
  };
}

}  // namespace advae
