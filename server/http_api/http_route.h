#ifndef ADVAE_SERVER_HTTP_API_HTTP_ROUTE_H_
#define ADVAE_SERVER_HTTP_API_HTTP_ROUTE_H_

#include <optional>
#include <string>
#include <string_view>

#include "server/http_api/model_api.h"
#include "server/page/overview_path.h"

namespace advae {

// Where the path of a request leads.
struct HttpRoute {
  enum class Place {
    kElsewhere,  // the page, documents that are the same everywhere, and what there is not
    kLive,       // /v2/health/live
    kReady,      // /v2/health/ready
    kServer,     // /v2
    kModel,      // below /v2/models/
    kInfer,      // below /v2/models/, with POST
    kScore,      // /v1/models/MODEL:score, with POST
    kOverview,   // below /v1
  };

  Place place = Place::kElsewhere;
  // The gRPC method that does the same, whose rights and quotas count; empty for kElsewhere.
  std::string_view method = {};
  std::string model = {};                          // empty for none
  std::optional<ModelPath> model_path = {};        // of kModel and kInfer
  std::optional<OverviewPath> overview_path = {};  // of kOverview

  // Whether requests ask for the health of the server, which takes no time to tell.
  bool is_health() const { return place == Place::kLive || place == Place::kReady; }
  // Whether requests bring rows to score.
  bool scores() const { return place == Place::kInfer || place == Place::kScore; }
};

HttpRoute HttpRouteOf(std::string_view path);

}  // namespace advae

#endif  // ADVAE_SERVER_HTTP_API_HTTP_ROUTE_H_
