#ifndef ADVAE_SERVER_HTTP_METRICS_PAGE_H_
#define ADVAE_SERVER_HTTP_METRICS_PAGE_H_

#include <functional>
#include <string>

#include "server/http/http_server.h"
#include "server/identity/access_control.h"

namespace advae {

// Answers GET and HEAD of /metrics with what `page` makes, on the thread of the server, for those
// who may see all models. `access` outlives the handler.
HttpServer::Handler MetricsPage(const AccessControl& access, std::function<std::string()> page);

}  // namespace advae

#endif  // ADVAE_SERVER_HTTP_METRICS_PAGE_H_
