#include "server/page/overview_api.h"

#include <google/protobuf/util/json_util.h>

#include <cstdint>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"
#include "server/http/http_error.h"
#include "server/page/history_json.h"
#include "server/services/threshold_query.h"

namespace advae {
namespace {

constexpr size_t kMaxAlarms = 1000;
// Bytes of JSON for each of a message on the wire, mostly names of fields.
constexpr uint64_t kJsonGrowth = 8;

absl::StatusOr<HttpResponse> JsonOf(const google::protobuf::Message& message,
                                    const Received& received) {
  ADVAE_RETURN_IF_ERROR(received.lease().Grow(kJsonGrowth * message.ByteSizeLong()));
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  HttpResponse response;
  const auto status = google::protobuf::util::MessageToJsonString(message, &response.body, options);
  if (!status.ok()) return absl::InternalError(status.ToString());
  return response;
}

HttpResponse ResponseOf(absl::StatusOr<HttpResponse> response) {
  return response.ok() ? *std::move(response) : HttpError(response.status());
}

// The parameter of the query as a number; `value` stays when it is not there.
template <typename Number>
absl::Status TakeParameter(const HttpRequest& request, const std::string& name,
                           bool (*parse)(absl::string_view, Number*), const char* expected,
                           std::optional<Number>& value) {
  const auto found = request.query.find(name);
  if (found == request.query.end()) return absl::OkStatus();
  Number number = {};
  if (!parse(found->second, &number)) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": expected ", expected));
  }
  value = number;
  return absl::OkStatus();
}

absl::StatusOr<v1::ThresholdRequest> ThresholdRequestOf(const std::string& model,
                                                        const HttpRequest& request) {
  std::optional<double> alpha;
  std::optional<uint64_t> version;
  std::optional<uint32_t> points;
  constexpr char kWhole[] = "a whole number";
  ADVAE_RETURN_IF_ERROR(TakeParameter(request, "alpha", absl::SimpleAtod, "a number", alpha));
  ADVAE_RETURN_IF_ERROR(
      TakeParameter<uint64_t>(request, "version", absl::SimpleAtoi<uint64_t>, kWhole, version));
  ADVAE_RETURN_IF_ERROR(
      TakeParameter<uint32_t>(request, "curve_points", absl::SimpleAtoi<uint32_t>, kWhole, points));
  v1::ThresholdRequest wanted;
  wanted.set_model(model);
  if (alpha) wanted.set_alpha(*alpha);
  if (version) wanted.set_version(*version);
  wanted.set_curve_points(points.value_or(0));
  return wanted;
}

}  // namespace

std::optional<HttpResponse> OverviewApi::Get(const OverviewPath& path, const HttpRequest& request,
                                             const Caller& caller) const {
  if (path.subject == OverviewSubject::kNothing) return std::nullopt;
  if (const absl::Status status = CheckQuery(request, path.parameters); !status.ok()) {
    return HttpError(status);
  }
  switch (path.subject) {
    case OverviewSubject::kModels:
      return Models(CallPermit(caller, path.method, Role::kAdmin));
    case OverviewSubject::kHistories:
      return AllHistories(caller);
    case OverviewSubject::kJobs:
      return Jobs(caller);
    case OverviewSubject::kModel:
      return Model(path.model);
    case OverviewSubject::kThreshold:
      return Threshold(path.model, request);
    case OverviewSubject::kHistory:
      return History(path.model);
    case OverviewSubject::kAlarms:
      return Alarms(path.model, request);
    case OverviewSubject::kNothing:
      break;
  }
  return std::nullopt;
}

HttpResponse OverviewApi::Models(CallPermit permit) const {
  v1::ListModelsRequest request;
  const Received received(request, resources_.limits, std::move(permit));
  v1::ListModelsResponse response;
  const absl::Status status = resources_.registry.List(received, response);
  return status.ok() ? ResponseOf(JsonOf(response, received)) : HttpError(status);
}

HttpResponse OverviewApi::Model(const std::string& model) const {
  v1::GetModelRequest request;
  request.set_model(model);
  const Received received(request, resources_.limits);
  v1::GetModelResponse response;
  const absl::Status status = resources_.registry.Describe(received, response);
  return status.ok() ? ResponseOf(JsonOf(response, received)) : HttpError(status);
}

HttpResponse OverviewApi::Threshold(const std::string& model, const HttpRequest& request) const {
  auto wanted = ThresholdRequestOf(model, request);
  if (!wanted.ok()) return HttpError(wanted.status());
  const Received received(*wanted, resources_.limits);
  v1::ThresholdResponse response;
  const absl::Status status = AnswerThreshold(resources_.table, received, response);
  return status.ok() ? ResponseOf(JsonOf(response, received)) : HttpError(status);
}

HttpResponse OverviewApi::History(const std::string& model) const {
  const auto state = resources_.table.Get(model);
  return state.ok() ? HistoryResponse(*state) : HttpError(state.status());
}

HttpResponse OverviewApi::Alarms(const std::string& model, const HttpRequest& request) const {
  std::optional<uint32_t> limit;
  const absl::Status status = TakeParameter<uint32_t>(request, "limit", absl::SimpleAtoi<uint32_t>,
                                                      "a whole number", limit);
  if (!status.ok()) return HttpError(status);
  const auto state = resources_.table.Get(model);
  if (!state.ok()) return HttpError(state.status());
  return AlarmsResponse(*state, limit.value_or(kMaxAlarms));
}

HttpResponse OverviewApi::AllHistories(const Caller& caller) const {
  auto models = resources_.table.List();
  std::erase_if(models, [&caller](const auto& model) { return !caller.MaySee(model->name); });
  return HistoriesResponse(models);
}

HttpResponse OverviewApi::Jobs(const Caller& caller) const {
  auto jobs = resources_.jobs.Jobs();
  std::erase_if(jobs, [&caller](const auto& job) { return !caller.MaySee(job.model); });
  return JobsResponse(jobs);
}

}  // namespace advae
