#include "client/connection.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/security.h"
#include "client/service_config.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

// Answers to GetModel and batches of scores with explanations grow with the number of features.
constexpr int kMaxReceivedBytes = 256 << 20;
// A call can be retried while its request is kept, so the largest request must fit.
constexpr int kRetryBufferBytes = 64 << 20;

// Between attempts to connect. By itself, gRPC takes up to two minutes to see that a server is
// back.
constexpr int kMinReconnectMilliseconds = 100;
constexpr int kMaxReconnectMilliseconds = 5'000;

constexpr uint64_t kMaxPort = 65535;

// The type of the payload that marks a status, and has its details.
constexpr char kFromServer[] = "advae/from-server";

std::string JsonDuration(absl::Duration duration) {
  return absl::StrFormat("%.9fs", absl::ToDoubleSeconds(duration));
}

// The published service config (gRFC A6), which says what is retried and after which errors, with
// `policy` as how.
std::string ServiceConfig(const RetryPolicy& policy) {
  auto config = nlohmann::json::parse(kServiceConfig);
  for (nlohmann::json& methods : config["methodConfig"]) {
    methods["retryPolicy"].update({{"maxAttempts", policy.max_attempts},
                                   {"initialBackoff", JsonDuration(policy.initial_backoff)},
                                   {"maxBackoff", JsonDuration(policy.max_backoff)},
                                   {"backoffMultiplier", policy.multiplier}});
  }
  return config.dump();
}

// gRPC would take a port beyond the last one for what is left when it is divided.
absl::Status CheckPort(const std::string& target) {
  const size_t colon = target.rfind(':');
  if (colon == std::string::npos || target.starts_with("unix:")) return absl::OkStatus();
  const std::string port = target.substr(colon + 1);
  uint64_t number = 0;
  const bool is_number = !port.empty() && std::ranges::all_of(port, absl::ascii_isdigit);
  if (!is_number || (absl::SimpleAtoi(port, &number) && number > 0 && number <= kMaxPort)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "the server's address is ", target, "; expected HOST:PORT with a port of 1 to ", kMaxPort));
}

absl::Status ValidateKeepalive(const Keepalive& keepalive) {
  if (std::min(keepalive.interval, keepalive.timeout) > absl::ZeroDuration()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("interval and timeout of a keepalive must be above 0");
}

// gRPC takes the largest number for no limit.
int Milliseconds(absl::Duration duration) {
  return static_cast<int>(
      std::clamp<int64_t>(absl::ToInt64Milliseconds(duration), 1, std::numeric_limits<int>::max()));
}

void SetKeepalive(const Keepalive& keepalive, grpc::ChannelArguments& arguments) {
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(keepalive.interval));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(keepalive.timeout));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 0);
  // By itself, gRPC stops at the second ping after which the client has sent nothing, as one that
  // waits for a training does.
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
}

}  // namespace

absl::Status ValidateRetryPolicy(const RetryPolicy& policy) {
  if (policy.max_attempts < 1 || policy.max_attempts > 5) {
    return absl::InvalidArgumentError(
        absl::StrCat("max_attempts is ", policy.max_attempts, "; expected 1 to 5"));
  }
  if (policy.initial_backoff <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "initial_backoff is ", absl::FormatDuration(policy.initial_backoff), "; expected more"));
  }
  if (policy.max_backoff < policy.initial_backoff || policy.max_backoff > absl::Hours(1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("max_backoff is ", absl::FormatDuration(policy.max_backoff),
                     "; expected at least initial_backoff and at most an hour"));
  }
  if (!(policy.multiplier >= 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("multiplier is ", policy.multiplier, "; expected at least 1"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> CreateRetryingChannel(
    const std::string& target, const std::shared_ptr<grpc::ChannelCredentials>& credentials,
    const RetryPolicy& policy, const Keepalive& keepalive) {
  if (target.empty()) {
    return absl::InvalidArgumentError("the server's address is empty; expected HOST:PORT");
  }
  ADVAE_RETURN_IF_ERROR(CheckPort(target));
  ADVAE_RETURN_IF_ERROR(ValidateRetryPolicy(policy));
  ADVAE_RETURN_IF_ERROR(ValidateKeepalive(keepalive));
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxReceivedBytes);
  arguments.SetInt(GRPC_ARG_PER_RPC_RETRY_BUFFER_SIZE, kRetryBufferBytes);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kMinReconnectMilliseconds);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMaxReconnectMilliseconds);
  SetKeepalive(keepalive, arguments);
  // The proxy would read what is not encrypted, tokens included.
  if (IsLoopbackTarget(target)) arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  if (policy.max_attempts > 1) arguments.SetServiceConfigJSON(ServiceConfig(policy));
  return grpc::CreateCustomChannel(target, credentials, arguments);
}

ClientStubs CreateStubs(const std::shared_ptr<grpc::Channel>& channel) {
  return {.detector = v1::AnomalyDetector::NewStub(channel),
          .registry = v1::ModelRegistry::NewStub(channel),
          .health = grpc::health::v1::Health::NewStub(channel),
          .inference = inference::GRPCInferenceService::NewStub(channel)};
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  if (!result.ok()) result.SetPayload(kFromServer, absl::Cord(status.error_details()));
  return result;
}

std::string DetailsOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kFromServer);
  return payload ? static_cast<std::string>(*payload) : std::string();
}

bool IsFromServer(const absl::Status& status) { return status.GetPayload(kFromServer).has_value(); }

}  // namespace advae
