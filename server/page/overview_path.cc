#include "server/page/overview_path.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace advae {
namespace {

constexpr std::string_view kModelPrefix = "/v1/models/";
constexpr char kListModels[] = "/advae.v1.ModelRegistry/ListModels";
constexpr char kGetModel[] = "/advae.v1.ModelRegistry/GetModel";
constexpr char kThreshold[] = "/advae.v1.AnomalyDetector/Threshold";

constexpr std::string_view kThresholdParameters[] = {"alpha", "version", "curve_points"};
constexpr std::string_view kAlarmsParameters[] = {"limit"};

struct Place {
  std::string_view path;
  OverviewSubject subject;
  const char* method;
  std::span<const std::string_view> parameters = {};
};
constexpr Place kOfAll[] = {
    {"/v1/models", OverviewSubject::kModels, kListModels},
    {"/v1/history", OverviewSubject::kHistories, kListModels},
    {"/v1/jobs", OverviewSubject::kJobs, kListModels},
};
// What follows the name of a model.
constexpr Place kOfModel[] = {
    {"", OverviewSubject::kModel, kGetModel},
    {"/threshold", OverviewSubject::kThreshold, kThreshold, kThresholdParameters},
    {"/history", OverviewSubject::kHistory, kGetModel},
    {"/alarms", OverviewSubject::kAlarms, kGetModel, kAlarmsParameters},
};

}  // namespace

std::optional<OverviewPath> OverviewPathOf(std::string_view path) {
  if (!path.starts_with(kModelPrefix)) {
    const auto* const place = std::ranges::find(kOfAll, path, &Place::path);
    if (place == std::end(kOfAll)) return std::nullopt;
    return OverviewPath{.subject = place->subject, .model = {}, .method = place->method};
  }
  path.remove_prefix(kModelPrefix.size());
  const size_t end = std::min(path.find('/'), path.size());
  std::string model(path.substr(0, end));
  const auto* const place = std::ranges::find(kOfModel, path.substr(end), &Place::path);
  if (place == std::end(kOfModel) || model.empty()) {
    return OverviewPath{
        .subject = OverviewSubject::kNothing, .model = std::move(model), .method = kGetModel};
  }
  return OverviewPath{.subject = place->subject,
                      .model = std::move(model),
                      .method = place->method,
                      .parameters = place->parameters};
}

}  // namespace advae
