#ifndef ADVAE_SERVER_PAGE_OVERVIEW_API_H_
#define ADVAE_SERVER_PAGE_OVERVIEW_API_H_

#include <optional>
#include <string>

#include "server/http/http_message.h"
#include "server/identity/access_control.h"
#include "server/jobs/job_runner.h"
#include "server/messages/received.h"
#include "server/models/model_table.h"
#include "server/page/overview_path.h"
#include "server/services/registry_service.h"

namespace advae {

// What an overview is made from. All of it outlives the API.
struct OverviewResources {
  ModelTable& table;
  const RegistryService& registry;
  const JobRunner& jobs;
  MessageLimits& limits;
};

// Tells over HTTP what the server has and does, for the page to look at and for scripts; changes
// nothing:
//
//   /v1/models                 ListModelsResponse in JSON
//   /v1/models/M               GetModelResponse in JSON
//   /v1/models/M/threshold     ThresholdResponse in JSON; ?alpha=, ?version=, ?curve_points=
//   /v1/models/M/history       counts by the minute, over an hour
//   /v1/models/M/alarms        the latest alarms and rows close to one, explained; ?limit=
//   /v1/history                counts over an hour, of all models
//   /v1/jobs                   trainings and imports
//
// Thread-safe.
class OverviewApi {
 public:
  explicit OverviewApi(const OverviewResources& resources) : resources_(resources) {}

  // Nothing when nothing is at the path of the request, which is `path`; otherwise as far as the
  // caller may see models. May take milliseconds.
  std::optional<HttpResponse> Get(const OverviewPath& path, const HttpRequest& request,
                                  const Caller& caller) const;

 private:
  HttpResponse Models(CallPermit permit) const;
  HttpResponse Model(const std::string& model) const;
  HttpResponse Threshold(const std::string& model, const HttpRequest& request) const;
  HttpResponse History(const std::string& model) const;
  HttpResponse Alarms(const std::string& model, const HttpRequest& request) const;
  HttpResponse AllHistories(const Caller& caller) const;
  HttpResponse Jobs(const Caller& caller) const;

  const OverviewResources resources_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_PAGE_OVERVIEW_API_H_
