#include "server/http/http_api.h"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "model/base/error_subject.h"
#include "model/base/status_macros.h"
#include "model/base/steady_clock.h"
#include "model/base/utf8.h"
#include "server/http/http_error.h"
#include "server/http/infer_json.h"
#include "server/http/leased_response.h"
#include "server/http/model_json.h"
#include "server/http/openapi.h"
#include "server/http/page_file.h"
#include "server/http/score_json.h"
#include "server/inference/infer_operation.h"

namespace advae {
namespace {

constexpr char kScoreModels[] = "/v1/models/";
constexpr char kScoreAction[] = ":score";
// What a request takes beside its body: the values of its JSON.
constexpr uint64_t kJsonGrowth = 16;
constexpr uint64_t kBinaryGrowth = 2;

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

// The model in /v1/models/MODEL:score; empty for another path.
std::string ScoredModel(const std::string& path) {
  const size_t prefix = sizeof(kScoreModels) - 1;
  const size_t around = prefix + sizeof(kScoreAction) - 1;
  if (path.size() <= around || !absl::StartsWith(path, kScoreModels) ||
      !absl::EndsWith(path, kScoreAction)) {
    return "";
  }
  return path.substr(prefix, path.size() - around);
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

}  // namespace

absl::StatusOr<HttpApi::Visit> HttpApi::Admit(const HttpRequest& request) const {
  const std::optional<ModelPath> path = ModelPathOf(request.path);
  const std::string scored = ScoredModel(request.path);
  std::string_view method;
  if (!scored.empty()) {
    method = "/advae.v1.AnomalyDetector/Score";
  } else if (path) {
    method = path->method;
  } else if (request.path == "/v2/health/live") {
    method = "/inference.GRPCInferenceService/ServerLive";
  } else if (request.path == "/v2/health/ready") {
    method = "/inference.GRPCInferenceService/ServerReady";
  } else if (request.path == "/v2" || request.path == "/v2/") {
    method = "/inference.GRPCInferenceService/ServerMetadata";
  } else if (const std::string_view overview = OverviewApi::MethodOf(request.path);
             !overview.empty()) {
    method = overview;
  } else {
    return Visit();  // the page, documents that are the same everywhere, and what there is not
  }
  ADVAE_ASSIGN_OR_RETURN(CallPermit permit,
                         resources_.access.Admit(CredentialsOf(request), method));
  const std::string model = path              ? path->model
                            : !scored.empty() ? scored
                                              : OverviewApi::ModelOf(request.path);
  ADVAE_RETURN_IF_ERROR(permit.CheckModel(model));
  ADVAE_ASSIGN_OR_RETURN(QuotaHold hold, permit.caller().TakeCall(method));
  return Visit{.permit = std::move(permit), .hold = std::move(hold)};
}

void HttpApi::Handle(const std::shared_ptr<const HttpRequest>& request,
                     const HttpServer::Answer& answer) {
  const absl::Status submitted = resources_.threads.Submit([this, request, answer] {
    if (request->client_has_gone->load()) {
      return answer(HttpError(absl::CancelledError("the client has gone")));
    }
    if (absl::Status status = CheckTarget(*request); !status.ok()) {
      return answer(HttpError(status));
    }
    absl::StatusOr<Visit> visit = Admit(*request);
    if (!visit.ok()) return answer(HttpError(visit.status()));
    // Given back before the client has its answer, or with the last who could have given one.
    const auto hold = std::make_shared<QuotaHold>(std::move(visit->hold));
    Answer(*request, visit->permit, [this, hold, answer](HttpResponse response) {
      *hold = QuotaHold();
      answer(Leased(std::move(response), resources_.limits.budget));
    });
  });
  if (!submitted.ok()) answer(HttpError(submitted));
}

void HttpApi::Answer(const HttpRequest& request, const CallPermit& permit,
                     const HttpServer::Answer& answer) {
  const std::optional<ModelPath> path = ModelPathOf(request.path);
  const std::string scored = ScoredModel(request.path);
  const bool scores = !scored.empty();
  const bool infers = path && path->action == "infer";
  if (request.method == "GET" || request.method == "HEAD") {
    if (!scores && !infers) return answer(Get(request, permit.caller()));
  } else if (request.method == "POST") {
    if (infers) return Infer(request, *path, permit, answer);
    if (scores) return Score(request, scored, permit, answer);
    return answer(NotFound(request));
  }
  HttpResponse refused{.status = 405,
                       .body = ErrorBody(absl::StrCat(
                           "expected ", scores || infers ? "POST" : "GET", " for ", request.path))};
  refused.headers.emplace_back("Allow", scores || infers ? "POST" : "GET");
  answer(std::move(refused));
}

HttpResponse HttpApi::Get(const HttpRequest& request, const Caller& caller) const {
  if (request.path == "/v2/health/live") return FlagResponse("live", true);
  if (request.path == "/v2/health/ready") return FlagResponse("ready", resources_.is_ready());
  if (request.path == "/openapi.json") return {.body = OpenApi()};
  if (request.path == "/v2" || request.path == "/v2/") {
    inference::ServerMetadataResponse metadata;
    metadata.set_name("advae");
    metadata.set_version(ADVAE_VERSION);
    for (const char* const extension :
         {"binary_tensor_data", "model_configuration", "statistics"}) {
      metadata.add_extensions(extension);
    }
    return MetadataResponse(metadata);
  }
  if (const std::optional<ModelPath> path = ModelPathOf(request.path)) {
    return GetModel(*path, resources_.scoring.table, resources_.limits);
  }
  if (std::optional<HttpResponse> overview = overview_.Get(request, caller)) {
    return *std::move(overview);
  }
  if (std::optional<HttpResponse> file = PageFile(request)) return *std::move(file);
  return NotFound(request);
}

void HttpApi::Infer(const HttpRequest& request, const ModelPath& path, const CallPermit& permit,
                    const HttpServer::Answer& answer) {
  using InferCall =
      Call<inference::ModelInferRequest, inference::ModelInferResponse, InferOperation>;
  auto call = std::make_shared<InferCall>(
      resources_.limits, resources_.metrics.ForMethod(RpcMetrics::kHttpInfer), permit);
  const bool has_binary = request.headers.contains("inference-header-content-length");
  absl::Status status =
      call->received.lease().Grow(request.body.size() * (has_binary ? kBinaryGrowth : kJsonGrowth));
  if (status.ok()) status = ParseInferRequest(request, call->request, call->binary);
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
    Write([call] { return InferResponse(call->response, call->binary); }, answer);
  });
}

void HttpApi::Score(const HttpRequest& request, const std::string& model, const CallPermit& permit,
                    const HttpServer::Answer& answer) {
  using ScoreCall = Call<v1::ScoreRequest, v1::ScoreResponse, ScoreOperation>;
  auto call = std::make_shared<ScoreCall>(
      resources_.limits, resources_.metrics.ForMethod(RpcMetrics::kHttpScore), permit);
  absl::Status status = call->received.lease().Grow(request.body.size() * kJsonGrowth);
  if (status.ok()) {
    status = ParseScoreRequest(request, model, resources_.scoring.table, call->request);
  }
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
    Write([call] { return ScoreResponseOf(call->response); }, answer);
  });
}

void HttpApi::Write(const std::function<HttpResponse()>& make, const HttpServer::Answer& answer) {
  const absl::Status submitted = resources_.threads.Submit([make, answer] { answer(make()); });
  if (!submitted.ok()) answer(HttpError(submitted));
}

}  // namespace advae
