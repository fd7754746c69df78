#include "server/http_api/model_api.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/http/http_error.h"
#include "server/http_api/model_json.h"
#include "server/inference/model_description.h"
#include "server/inference/model_statistics.h"
#include "server/inference/score_request.h"

namespace advae {
namespace {

constexpr std::string_view kModels = "/v2/models/";
// Bytes of the values of JSON for each of statistics on the wire, and for each of tensors.
constexpr uint64_t kJsonGrowth = 64;
constexpr uint64_t kTensorGrowth = 32;

struct Action {
  std::string_view name;
  const char* method;
};
constexpr Action kActions[] = {
    {"", "/inference.GRPCInferenceService/ModelMetadata"},
    {"config", "/inference.GRPCInferenceService/ModelConfig"},
    {"infer", "/inference.GRPCInferenceService/ModelInfer"},
    {"ready", "/inference.GRPCInferenceService/ModelReady"},
    {"stats", "/inference.GRPCInferenceService/ModelStatistics"},
};

template <typename Request>
Request RequestOf(const ModelPath& path) {
  Request request;
  request.set_name(path.model);
  request.set_version(path.version);
  return request;
}

HttpResponse GetReady(const ModelPath& path, const ModelTable& table) {
  const auto version = VersionOf(path.version);
  return FlagResponse("ready", version.ok() && table.Find(path.model, *version).ok());
}

// What `describe` makes of the path, as `write` writes it: JSON of `growth` bytes for each on the
// wire.
template <typename Request, typename Response>
HttpResponse Get(const ModelPath& path, const ModelTable& table, MessageLimits& limits,
                 absl::Status (*describe)(const ModelTable&, const Received&, Response&),
                 uint64_t growth, HttpResponse (*write)(const std::type_identity_t<Response>&)) {
  auto request = RequestOf<Request>(path);
  const Received received(request, limits);
  Response response;
  absl::Status status = describe(table, received, response);
  if (status.ok()) status = received.lease().Grow(growth * response.ByteSizeLong());
  return status.ok() ? write(response) : HttpError(status);
}

}  // namespace

std::optional<ModelPath> ModelPathOf(std::string_view path) {
  if (!path.starts_with(kModels)) return std::nullopt;
  path.remove_prefix(kModels.size());
  std::vector<std::string> parts = absl::StrSplit(absl::string_view(path.data(), path.size()), '/');
  ModelPath found = {.model = parts[0], .version = {}, .action = {}, .method = nullptr};
  size_t next = 1;
  if (parts.size() > 2 && parts[1] == "versions") {
    found.version = parts[2];
    if (found.version.empty()) return std::nullopt;
    next = 3;
  }
  if (next < parts.size()) found.action = parts[next++];
  const auto* const action = std::ranges::find(kActions, found.action, &Action::name);
  if (action == std::end(kActions) || next < parts.size() || found.model.empty()) {
    return std::nullopt;
  }
  found.method = action->method;
  return found;
}

HttpResponse GetModel(const ModelPath& path, const ModelTable& table, MessageLimits& limits) {
  if (path.action == "ready") return GetReady(path, table);
  if (path.action == "config") {
    return Get<inference::ModelConfigRequest>(path, table, limits, &DescribeConfig, kTensorGrowth,
                                              [](const inference::ModelConfigResponse& response) {
                                                return ConfigResponse(response.config());
                                              });
  }
  if (path.action == "stats") {
    return Get<inference::ModelStatisticsRequest>(path, table, limits, &DescribeStatistics,
                                                  kJsonGrowth, StatisticsResponse);
  }
  return Get<inference::ModelMetadataRequest>(path, table, limits, &DescribeModel, kTensorGrowth,
                                              MetadataResponse);
}

}  // namespace advae
