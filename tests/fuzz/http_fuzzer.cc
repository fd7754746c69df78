// Reads any bytes as a request over HTTP, as it is once its header is parsed: a line of method and
// path, lines of NAME:VALUE up to an empty one, and a body. The answer is JSON.

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "absl/synchronization/notification.h"
#include "server/http_api/http_api.h"
#include "server/services/registry_service.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/scoring_parts.h"

namespace advae {
namespace {

using testing::Require;

// Takes the text before `mark`, or all of it, off `text`.
std::string TakeUntil(char mark, std::string_view& text) {
  const size_t end = text.find(mark);
  const std::string found(text.substr(0, end));
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return found;
}

class Api {
 public:
  void Answer(std::string_view bytes) {
    auto request = std::make_shared<HttpRequest>();
    std::string_view first = bytes;
    const std::string line = TakeUntil('\n', first);
    std::string_view target = line;
    request->method = TakeUntil(' ', target);
    SetTarget(target, *request);
    std::string_view rest = first;
    while (!rest.empty()) {
      const std::string header = TakeUntil('\n', rest);
      if (header.empty()) break;
      std::string_view value = header;
      const std::string name = TakeUntil(':', value);
      request->headers[name] = std::string(value);
    }
    request->body = std::string(rest);
    request->peer = "127.0.0.1:1";
    request->lease = std::make_shared<MemoryLease>(parts_.limits.budget);
    request->client_has_gone = client_has_gone_;
    absl::Notification done;
    HttpResponse response;
    api_.Handle(request, [&](HttpResponse answer) {
      response = std::move(answer);
      done.Notify();
    });
    done.WaitForNotification();
    Require(response.status >= 200 && response.status < 600 && response.status != 500);
    if (!request->headers.contains("inference-header-content-length")) Check(response);
  }

 private:
  static void Check(const HttpResponse& response) {
    if (response.content_type != "application/json" || response.body.empty()) return;
    Require(nlohmann::json::accept(response.body));
  }

  testing::ScoringParts parts_;
  WorkPool threads_{1, 1000};
  JobRunner jobs_{{}, parts_.table, parts_.metrics};
  AlarmThread alarms_;
  const UploadResources uploads_{
      .runner = jobs_, .threads = threads_, .max_bytes = 1, .limits = {}, .alarms = alarms_};
  CallLog log_;
  const AccessControl access_;
  const RegistryService registry_{{.table = parts_.table,
                                   .uploads = uploads_,
                                   .threads = {.changes = threads_, .reads = threads_},
                                   .access = access_,
                                   .limits = parts_.limits}};
  const std::shared_ptr<const std::atomic<bool>> client_has_gone_ =
      std::make_shared<std::atomic<bool>>(false);
  HttpApi api_{{.scoring = parts_.resources(),
                .access = access_,
                .registry = registry_,
                .jobs = jobs_,
                .limits = parts_.limits,
                .threads = threads_,
                .metrics = parts_.metrics.rpc(),
                .log = log_,
                .is_ready = [] { return true; }}};
};

}  // namespace
}  // namespace advae

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static auto* const api = new advae::Api();
  api->Answer({reinterpret_cast<const char*>(data), size});
  return 0;
}
