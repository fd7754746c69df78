#ifndef ADVAE_SERVER_HTTP_API_MODEL_API_H_
#define ADVAE_SERVER_HTTP_API_MODEL_API_H_

#include <optional>
#include <string>
#include <string_view>

#include "server/http/http_message.h"
#include "server/messages/received.h"
#include "server/models/model_table.h"

namespace advae {

// A path below /v2/models: MODEL[/versions/VERSION][/ACTION].
struct ModelPath {
  std::string model;
  std::string version;  // empty for the serving one, or for all
  std::string action;   // "config", "infer", "ready" or "stats"; empty for the metadata
  // The method that does the same over gRPC.
  const char* method;
};

// Nothing for another path.
std::optional<ModelPath> ModelPathOf(std::string_view path);

// Answers GET of a path that is no inference.
HttpResponse GetModel(const ModelPath& path, const ModelTable& table, MessageLimits& limits);

}  // namespace advae

#endif  // ADVAE_SERVER_HTTP_API_MODEL_API_H_
