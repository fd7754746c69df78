#include "server/http_api/http_api.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "model/base/error_subject.h"
#include "model/base/status_macros.h"
#include "model/base/steady_clock.h"
#include "model/base/utf8.h"
#include "server/base/shown_text.h"
#include "server/http/http_error.h"
#include "server/http/leased_response.h"
#include "server/http_api/infer_json.h"
#include "server/http_api/model_json.h"
#include "server/http_api/openapi.h"
#include "server/http_api/score_json.h"
#include "server/inference/infer_operation.h"
#include "server/inference/model_description.h"
#include "server/metrics/status_code_name.h"
#include "server/monitoring/trace_parent.h"
#include "server/page/page_file.h"

namespace advae {
namespace {

// The coding of a body as it is (RFC 9110, section 12.5.3).
constexpr char kNotEncoded[] = "identity";

// Messages of a call whose answer comes later.
template <typename Request, typename Response, typename Operation>
struct Call {
  Call(MessageLimits& limits, CallPermit permit) : received(request, limits, std::move(permit)) {}

  Request request;
  Received received;
  Response response;
  BinaryOutputs binary;
  std::optional<Operation> operation;
};

// Shares its turns with all that comes from the caller, or over the connection of somebody without
// a name.
ScoreCaller ScoreCallerOf(const HttpRequest& request, const Caller& caller) {
  const uint64_t key = std::hash<std::string>()(caller.name.empty() ? request.peer : caller.name);
  return {.key = [key] { return key; },
          .weight = caller.weight(),
          .cancelled = [gone = request.client_has_gone] { return gone->load(); }};
}

// What is in the target may be part of a message.
absl::Status CheckTarget(const HttpRequest& request) {
  bool is_text = IsUtf8(request.path);
  for (const auto& [name, value] : request.query) {
    is_text = is_text && IsUtf8(name) && IsUtf8(value);
  }
  return is_text ? absl::OkStatus()
                 : absl::InvalidArgumentError("expected UTF-8 in path and query, got other bytes");
}

HttpResponse NotFound(const HttpRequest& request) {
  return HttpError(
      absl::NotFoundError(absl::StrCat("there is nothing at ", EscapeText(request.path),
                                       "; /openapi.json describes what there is")));
}

HttpResponse WrongMethod(const HttpRequest& request, const char* expected) {
  const std::string message =
      absl::StrCat("expected ", expected, " for ", EscapeText(request.path));
  HttpResponse refused = HttpError(absl::InvalidArgumentError(message));
  refused.status = 405;
  refused.headers.emplace_back("Allow", expected);
  return refused;
}

HttpResponse TooLarge(const HttpRequest& header) {
  HttpResponse refused = HttpError(absl::InvalidArgumentError(absl::StrCat(
      "the body is too large for ", EscapeText(header.path), ", where nothing is scored")));
  refused.status = 413;
  return refused;
}

// How the body is packed; empty for not at all.
std::string_view EncodingOf(const HttpRequest& header) {
  const auto found = header.headers.find("content-encoding");
  const bool is_packed =
      found != header.headers.end() && !absl::EqualsIgnoreCase(found->second, kNotEncoded);
  return is_packed ? found->second : std::string_view();
}

HttpResponse Encoded(const HttpRequest& header) {
  HttpResponse refused = HttpError(absl::InvalidArgumentError(
      absl::StrCat("the body has the Content-Encoding \"", ShownText(EncodingOf(header)),
                   "\": expected one without")));
  refused.status = 415;
  refused.headers.emplace_back("Accept-Encoding", kNotEncoded);
  return refused;
}

const char* MethodOf(const HttpRoute& route) {
  if (route.place == HttpRoute::Place::kInfer) return RpcMetrics::kHttpInfer;
  if (route.place == HttpRoute::Place::kScore) return RpcMetrics::kHttpScore;
  return RpcMetrics::kHttpOther;
}

grpc::StatusCode CodeOf(const absl::Status& status) {
  return static_cast<grpc::StatusCode>(status.code());
}

}  // namespace

// One request, which is measured until it is answered, and noted in the log when that is an error.
class HttpApi::Visit {
 public:
  // Whoever answers later holds the visit, and so `api`, a share of in_flight_. `answer` is null
  // for a request whose answer the caller of End() sends.
  Visit(std::shared_ptr<HttpApi> api, const HttpRequest& request, HttpRoute route,
        HttpServer::Answer answer)
      : api_(std::move(api)),
        request_(request),
        route_(std::move(route)),
        metrics_(api_->resources_.metrics.ForMethod(MethodOf(route_))),
        answer_(std::move(answer)) {
    metrics_.in_flight().Increment();
  }
  ~Visit() { metrics_.in_flight().Decrement(); }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

  const HttpRequest& request() const { return request_; }
  const HttpRoute& route() const { return route_; }
  CallPermit permit = {};
  // Given back before the client has its answer, or with the last who could have given one.
  QuotaHold hold = {};

  // Measures and notes the response, and makes its memory leased.
  HttpResponse End(HttpResponse response) {
    hold = QuotaHold();
    response = Leased(std::move(response), api_->resources_.limits.budget);
    const grpc::StatusCode code = CodeOf(response.outcome);
    const absl::Duration duration = SteadyNow() - start_;
    metrics_.Duration(code).Observe(absl::ToDoubleSeconds(duration));
    const auto held_back = api_->resources_.log.Admit(metrics_.method(), code);
    if (held_back) Note(response.outcome, duration, *held_back);
    return response;
  }
  void Answer(HttpResponse response) { answer_(End(std::move(response))); }

 private:
  void Note(const absl::Status& outcome, absl::Duration duration, uint64_t held_back) const {
    const grpc::StatusCode code = CodeOf(outcome);
    std::vector<LogField> fields = {{"method", metrics_.method()},
                                    {"code", StatusCodeName(code)},
                                    {"duration_seconds", absl::ToDoubleSeconds(duration)},
                                    {"peer", request_.peer},
                                    {"path", ShownText(request_.path)}};
    if (!outcome.ok()) fields.emplace_back("message", absl::StrCat(outcome.message()));
    if (!route_.model.empty()) fields.emplace_back("model", ShownText(route_.model));
    const auto trace_parent = request_.headers.find(kTraceParentKey);
    if (trace_parent != request_.headers.end()) {
      const std::string trace_id(TraceId(trace_parent->second));
      if (!trace_id.empty()) fields.emplace_back("trace_id", trace_id);
    }
    CallLog::Write(code, held_back, std::move(fields));
  }

  const std::shared_ptr<HttpApi> api_;
  const HttpRequest& request_;
  const HttpRoute route_;
  MethodMetrics& metrics_;
  const HttpServer::Answer answer_;
  const absl::Time start_ = SteadyNow();
};

HttpApi::HttpApi(HttpResources resources)
    : resources_(std::move(resources)),
      overview_({.table = resources_.scoring.table,
                 .registry = resources_.registry,
                 .jobs = resources_.jobs,
                 .limits = resources_.limits}),
      in_flight_(this, [idle = idle_](HttpApi*) { idle->Notify(); }) {}

HttpApi::~HttpApi() {
  in_flight_.reset();
  idle_->WaitForNotification();
}

absl::StatusOr<CallPermit> HttpApi::Admit(const HttpRequest& request,
                                          const HttpRoute& route) const {
  ADVAE_RETURN_IF_ERROR(CheckTarget(request));
  if (route.method.empty()) return CallPermit();
  ADVAE_ASSIGN_OR_RETURN(CallPermit permit,
                         resources_.access.Admit(CredentialsOf(request), route.method));
  ADVAE_RETURN_IF_ERROR(permit.CheckModel(route.model));
  return permit;
}

std::optional<HttpResponse> HttpApi::Refuse(const HttpRequest& header, uint64_t body_bytes) {
  HttpRoute route = HttpRouteOf(header.path);
  const absl::Status status = Admit(header, route).status();
  std::optional<HttpResponse> refused;
  if (!status.ok()) {
    refused = HttpError(status);
  } else if (!route.scores() && body_bytes > MemoryBudget::kSmallBytes) {
    refused = TooLarge(header);
  } else if (route.scores() && body_bytes > 0 && !EncodingOf(header).empty()) {
    refused = Encoded(header);
  }
  if (!refused) return std::nullopt;
  return Visit(in_flight_, header, std::move(route), nullptr).End(*std::move(refused));
}

void HttpApi::Handle(const std::shared_ptr<const HttpRequest>& request,
                     const HttpServer::Answer& answer) {
  const auto visit = std::make_shared<Visit>(
      in_flight_, *request, HttpRouteOf(request->path),
      [request, answer](HttpResponse response) { answer(std::move(response)); });
  absl::StatusOr<CallPermit> permit = Admit(*request, visit->route());
  if (!permit.ok()) return visit->Answer(HttpError(permit.status()));
  visit->permit = *std::move(permit);
  absl::StatusOr<QuotaHold> hold = visit->permit.caller().TakeCall(visit->route().method);
  if (!hold.ok()) return visit->Answer(HttpError(hold.status()));
  visit->hold = *std::move(hold);
  // Before JSON becomes rows.
  if (visit->route().scores()) {
    const absl::Status status = visit->permit.caller().CheckRows();
    if (!status.ok()) return visit->Answer(HttpError(status));
  }
  // Whoever asks whether the server lives does not wait for others' JSON.
  if (visit->route().is_health()) return Answer(visit);
  const absl::Status submitted = resources_.threads.Submit([this, visit] {
    if (visit->request().client_has_gone->load()) {
      return visit->Answer(HttpError(absl::CancelledError("the client has gone")));
    }
    Answer(visit);
  });
  if (!submitted.ok()) visit->Answer(HttpError(submitted));
}

void HttpApi::Answer(const std::shared_ptr<Visit>& visit) {
  const HttpRequest& request = visit->request();
  const HttpRoute& route = visit->route();
  if (request.method == "GET" || request.method == "HEAD") {
    if (!route.scores()) return visit->Answer(Get(request, route, visit->permit.caller()));
  } else if (request.method == "POST") {
    if (route.place == HttpRoute::Place::kInfer) return Infer(visit);
    if (route.place == HttpRoute::Place::kScore) return Score(visit);
    return visit->Answer(NotFound(request));
  }
  visit->Answer(WrongMethod(request, route.scores() ? "POST" : "GET"));
}

HttpResponse HttpApi::Get(const HttpRequest& request, const HttpRoute& route,
                          const Caller& caller) const {
  switch (route.place) {
    case HttpRoute::Place::kLive:
      return FlagResponse("live", true);
    case HttpRoute::Place::kReady:
      return FlagResponse("ready", resources_.is_ready());
    case HttpRoute::Place::kServer:
      return MetadataResponse(DescribeServer("binary_tensor_data"));
    case HttpRoute::Place::kModel:
      return GetModel(*route.model_path, resources_.scoring.table, resources_.limits);
    case HttpRoute::Place::kOverview:
      if (auto overview = overview_.Get(*route.overview_path, request, caller)) {
        return *std::move(overview);
      }
      return NotFound(request);
    default:
      break;
  }
  if (request.path == "/openapi.json") return {.body = OpenApi()};
  if (std::optional<HttpResponse> file = PageFile(request)) return *std::move(file);
  return NotFound(request);
}

void HttpApi::Infer(const std::shared_ptr<Visit>& visit) {
  using InferCall =
      Call<inference::ModelInferRequest, inference::ModelInferResponse, InferOperation>;
  const auto call = std::make_shared<InferCall>(resources_.limits, visit->permit);
  const absl::Status status =
      ParseInferRequest(visit->request(), call->received.lease(), call->request, call->binary);
  if (!status.ok()) return visit->Answer(HttpError(status));
  const ModelPath& path = *visit->route().model_path;
  call->request.set_model_name(path.model);
  call->request.set_model_version(path.version);
  call->operation.emplace(resources_.scoring, call->received, call->response,
                          ScoreCallerOf(visit->request(), visit->permit.caller()));
  call->operation->Start(absl::InfiniteFuture(), [this, call, visit](const absl::Status& outcome) {
    if (!outcome.ok()) return visit->Answer(HttpError(outcome));
    Write(visit, [call] {
      return InferResponse(call->response, call->binary, call->received.limits().budget);
    });
  });
}

void HttpApi::Score(const std::shared_ptr<Visit>& visit) {
  using ScoreCall = Call<v1::ScoreRequest, v1::ScoreResponse, ScoreOperation>;
  const auto call = std::make_shared<ScoreCall>(resources_.limits, visit->permit);
  const absl::Status status =
      ParseScoreRequest(visit->request(), visit->route().model, resources_.scoring,
                        call->received.lease(), call->request);
  if (!status.ok()) return visit->Answer(HttpError(status));
  call->operation.emplace(resources_.scoring, call->received, call->response,
                          ScoreCallerOf(visit->request(), visit->permit.caller()));
  call->operation->Start(absl::InfiniteFuture(), [this, call, visit](const absl::Status& outcome) {
    // The rows of the JSON became a table of columns.
    const bool in_rows = FieldOf(outcome).starts_with("table");
    if (!outcome.ok()) {
      return visit->Answer(HttpError(in_rows ? WithField(outcome, "rows") : outcome));
    }
    Write(visit,
          [call] { return ScoreResponseOf(call->response, call->received.limits().budget); });
  });
}

void HttpApi::Write(const std::shared_ptr<Visit>& visit,
                    const std::function<HttpResponse()>& make) {
  const absl::Status submitted =
      resources_.threads.Submit([visit, make] { visit->Answer(make()); });
  if (!submitted.ok()) visit->Answer(HttpError(submitted));
}

}  // namespace advae
