#include "server/http_api/http_route.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace advae {
namespace {

using Place = HttpRoute::Place;

struct FixedPath {
  std::string_view path;
  Place place;
  std::string_view method;
};
constexpr FixedPath kFixedPaths[] = {
    {"/v2", Place::kServer, "/inference.GRPCInferenceService/ServerMetadata"},
    {"/v2/", Place::kServer, "/inference.GRPCInferenceService/ServerMetadata"},
    {"/v2/health/live", Place::kLive, "/inference.GRPCInferenceService/ServerLive"},
    {"/v2/health/ready", Place::kReady, "/inference.GRPCInferenceService/ServerReady"},
};

// The model in /v1/models/MODEL:score; empty for another path.
std::string_view ScoredModel(std::string_view path) {
  constexpr std::string_view kModels = "/v1/models/";
  constexpr std::string_view kAction = ":score";
  if (!path.starts_with(kModels)) return {};
  path.remove_prefix(kModels.size());
  if (!path.ends_with(kAction)) return {};
  path.remove_suffix(kAction.size());
  return path;
}

}  // namespace

HttpRoute HttpRouteOf(std::string_view path) {
  const auto* const fixed = std::ranges::find(kFixedPaths, path, &FixedPath::path);
  if (fixed != std::end(kFixedPaths)) return {.place = fixed->place, .method = fixed->method};
  if (const std::string_view model = ScoredModel(path); !model.empty()) {
    return {.place = Place::kScore,
            .method = "/advae.v1.AnomalyDetector/Score",
            .model = std::string(model)};
  }
  if (std::optional<ModelPath> found = ModelPathOf(path)) {
    return {.place = found->action == "infer" ? Place::kInfer : Place::kModel,
            .method = found->method,
            .model = found->model,
            .model_path = std::move(found)};
  }
  if (std::optional<OverviewPath> found = OverviewPathOf(path)) {
    return {.place = Place::kOverview,
            .method = found->method,
            .model = found->model,
            .overview_path = std::move(found)};
  }
  return {};
}

}  // namespace advae
