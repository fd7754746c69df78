#ifndef ADVAE_SERVER_HTTP_API_HTTP_API_H_
#define ADVAE_SERVER_HTTP_API_HTTP_API_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "server/base/work_pool.h"
#include "server/http/http_server.h"
#include "server/http_api/http_route.h"
#include "server/identity/access_control.h"
#include "server/jobs/job_runner.h"
#include "server/messages/received.h"
#include "server/metrics/metrics.h"
#include "server/monitoring/call_log.h"
#include "server/page/overview_api.h"
#include "server/services/registry_service.h"
#include "server/services/score_operation.h"

namespace advae {

// What requests over HTTP are answered with. All of it outlives the server of the requests.
struct HttpResources {
  ScoreResources scoring;
  const AccessControl& access;
  const RegistryService& registry;
  const JobRunner& jobs;
  MessageLimits& limits;
  WorkPool& threads;  // that read and write JSON
  RpcMetrics& metrics;
  CallLog& log;
  std::function<bool()> is_ready;  // must not block
};

// Answers HTTP requests: the Open Inference Protocol below /v2, rows as JSON objects at
// /v1/models/MODEL:score, what OverviewApi tells below /v1, /openapi.json, which describes all of
// it, and at / a page to look at. Thread-safe.
class HttpApi {
 public:
  explicit HttpApi(HttpResources resources);
  // Waits for requests whose answers are still being made, though nobody reads them any more. What
  // `resources` names must be there until then.
  ~HttpApi();

  // Refuses a request before its body of at most `body_bytes` comes: for its path or for want of
  // rights, or because nothing there takes such a body, or it is encoded (HttpOptions::refuse).
  std::optional<HttpResponse> Refuse(const HttpRequest& header, uint64_t body_bytes);
  // A HttpServer::Handler.
  void Handle(const std::shared_ptr<const HttpRequest>& request, const HttpServer::Answer& answer);

 private:
  class Visit;

  // The rights that the caller would need for the same over gRPC.
  absl::StatusOr<CallPermit> Admit(const HttpRequest& request, const HttpRoute& route) const;

  // Each answers the visit, now or later.
  void Answer(const std::shared_ptr<Visit>& visit);
  void Infer(const std::shared_ptr<Visit>& visit);
  void Score(const std::shared_ptr<Visit>& visit);
  // With what `make` makes on a thread for JSON, as scoring threads are for scoring.
  void Write(const std::shared_ptr<Visit>& visit, const std::function<HttpResponse()>& make);
  HttpResponse Get(const HttpRequest& request, const HttpRoute& route, const Caller& caller) const;

  const HttpResources resources_;
  const OverviewApi overview_;
  const std::shared_ptr<absl::Notification> idle_ = std::make_shared<absl::Notification>();
  // Shared by all who may still answer; the last one notifies `idle_`.
  std::shared_ptr<HttpApi> in_flight_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_HTTP_API_HTTP_API_H_
