#include "server/http_api/http_api.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "model/base/error_subject.h"
#include "model/base/status_macros.h"
#include "model/base/steady_clock.h"
#include "model/base/utf8.h"
#include "server/http/http_error.h"
#include "server/http/leased_response.h"
#include "server/http_api/infer_json.h"
#include "server/http_api/model_json.h"
#include "server/http_api/openapi.h"
#include "server/http_api/score_json.h"
#include "server/inference/infer_operation.h"
#include "server/page/page_file.h"

namespace advae {
namespace {

// Messages of a call whose answer comes later, and what measures it.
template <typename Request, typename Response, typename Operation>
struct Call {
  Call(MessageLimits& limits, MethodMetrics& method, CallPermit permit)
      : received(request, limits, std::move(permit)), metrics(method) {
    metrics.in_flight().Increment();
  }
  ~Call() { metrics.in_flight().Decrement(); }

  void End(const absl::Status& status) {
    metrics.Duration(static_cast<grpc::StatusCode>(status.code()))
        .Observe(absl::ToDoubleSeconds(SteadyNow() - start));
  }

  Request request;
  Received received;
  Response response;
  BinaryOutputs binary;
  std::optional<Operation> operation;
  MethodMetrics& metrics;
  const absl::Time start = SteadyNow();
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

inference::ServerMetadataResponse ServerMetadata() {
  inference::ServerMetadataResponse metadata;
  metadata.set_name("advae");
  metadata.set_version(ADVAE_VERSION);
  for (const char* const extension : {"binary_tensor_data", "model_configuration", "statistics"}) {
    metadata.add_extensions(extension);
  }
  return metadata;
}

}  // namespace

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

absl::StatusOr<HttpApi::Visitor> HttpApi::Admit(const HttpRequest& request,
                                                const HttpRoute& route) const {
  if (route.method.empty()) return Visitor();
  ADVAE_ASSIGN_OR_RETURN(CallPermit permit,
                         resources_.access.Admit(CredentialsOf(request), route.method));
  ADVAE_RETURN_IF_ERROR(permit.CheckModel(route.model));
  ADVAE_ASSIGN_OR_RETURN(QuotaHold hold, permit.caller().TakeCall(route.method));
  return Visitor{.permit = std::move(permit), .hold = std::move(hold)};
}

void HttpApi::Handle(const std::shared_ptr<const HttpRequest>& request,
                     const HttpServer::Answer& answer) {
  if (absl::Status status = CheckTarget(*request); !status.ok()) return answer(HttpError(status));
  HttpRoute route = HttpRouteOf(request->path);
  // Whoever asks whether the server lives does not wait for others' JSON.
  if (route.is_health()) return Visit(in_flight_, *request, route, answer);
  const absl::Status submitted =
      resources_.threads.Submit([self = in_flight_, request, route = std::move(route), answer] {
        if (request->client_has_gone->load()) {
          return answer(HttpError(absl::CancelledError("the client has gone")));
        }
        self->Visit(self, *request, route, answer);
      });
  if (!submitted.ok()) answer(HttpError(submitted));
}

void HttpApi::Visit(const std::shared_ptr<HttpApi>& self, const HttpRequest& request,
                    const HttpRoute& route, const HttpServer::Answer& answer) {
  absl::StatusOr<Visitor> visitor = Admit(request, route);
  if (!visitor.ok()) return answer(HttpError(visitor.status()));
  // Given back before the client has its answer, or with the last who could have given one.
  const auto hold = std::make_shared<QuotaHold>(std::move(visitor->hold));
  Answer(request, route, visitor->permit, [self, hold, answer](HttpResponse response) {
    *hold = QuotaHold();
    answer(Leased(std::move(response), self->resources_.limits.budget));
  });
}

void HttpApi::Answer(const HttpRequest& request, const HttpRoute& route, const CallPermit& permit,
                     const HttpServer::Answer& answer) {
  if (request.method == "GET" || request.method == "HEAD") {
    if (!route.scores()) return answer(Get(request, route, permit.caller()));
  } else if (request.method == "POST") {
    if (route.place == HttpRoute::Place::kInfer) {
      return Infer(request, *route.model_path, permit, answer);
    }
    if (route.place == HttpRoute::Place::kScore) {
      return Score(request, route.model, permit, answer);
    }
    return answer(NotFound(request));
  }
  const char* const expected = route.scores() ? "POST" : "GET";
  HttpResponse refused{
      .status = 405,
      .body = ErrorBody(absl::StrCat("expected ", expected, " for ", EscapeText(request.path)))};
  refused.headers.emplace_back("Allow", expected);
  answer(std::move(refused));
}

HttpResponse HttpApi::Get(const HttpRequest& request, const HttpRoute& route,
                          const Caller& caller) const {
  switch (route.place) {
    case HttpRoute::Place::kLive:
      return FlagResponse("live", true);
    case HttpRoute::Place::kReady:
      return FlagResponse("ready", resources_.is_ready());
    case HttpRoute::Place::kServer:
      return MetadataResponse(ServerMetadata());
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

void HttpApi::Infer(const HttpRequest& request, const ModelPath& path, const CallPermit& permit,
                    const HttpServer::Answer& answer) {
  using InferCall =
      Call<inference::ModelInferRequest, inference::ModelInferResponse, InferOperation>;
  auto call = std::make_shared<InferCall>(
      resources_.limits, resources_.metrics.ForMethod(RpcMetrics::kHttpInfer), permit);
  const absl::Status status =
      ParseInferRequest(request, call->received.lease(), call->request, call->binary);
  if (!status.ok()) {
    call->End(status);
    return answer(HttpError(status));
  }
  call->request.set_model_name(path.model);
  call->request.set_model_version(path.version);
  call->operation.emplace(resources_.scoring, call->received, call->response,
                          ScoreCallerOf(request, permit.caller()));
  call->operation->Start(absl::InfiniteFuture(), [this, call, answer](const absl::Status& outcome) {
    call->End(outcome);
    if (!outcome.ok()) return answer(HttpError(outcome));
    Write(
        [call] {
          return InferResponse(call->response, call->binary, call->received.limits().budget);
        },
        answer);
  });
}

void HttpApi::Score(const HttpRequest& request, const std::string& model, const CallPermit& permit,
                    const HttpServer::Answer& answer) {
  using ScoreCall = Call<v1::ScoreRequest, v1::ScoreResponse, ScoreOperation>;
  auto call = std::make_shared<ScoreCall>(
      resources_.limits, resources_.metrics.ForMethod(RpcMetrics::kHttpScore), permit);
  const absl::Status status =
      ParseScoreRequest(request, model, resources_.scoring, call->received.lease(), call->request);
  if (!status.ok()) {
    call->End(status);
    return answer(HttpError(status));
  }
  call->operation.emplace(resources_.scoring, call->received, call->response,
                          ScoreCallerOf(request, permit.caller()));
  call->operation->Start(absl::InfiniteFuture(), [this, call, answer](const absl::Status& outcome) {
    call->End(outcome);
    // The rows of the JSON became a table of columns.
    const bool in_rows = FieldOf(outcome).starts_with("table");
    if (!outcome.ok()) return answer(HttpError(in_rows ? WithField(outcome, "rows") : outcome));
    Write([call] { return ScoreResponseOf(call->response, call->received.limits().budget); },
          answer);
  });
}

void HttpApi::Write(const std::function<HttpResponse()>& make, const HttpServer::Answer& answer) {
  const absl::Status submitted = resources_.threads.Submit([make, answer] { answer(make()); });
  if (!submitted.ok()) answer(HttpError(submitted));
}

}  // namespace advae
