#ifndef ADVAE_CLIENT_CONNECTION_H_
#define ADVAE_CLIENT_CONNECTION_H_

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "advae/v1/detector.grpc.pb.h"
#include "advae/v1/registry.grpc.pb.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "inference/inference.grpc.pb.h"

namespace advae {

// How calls of methods that only read are retried when the server is UNAVAILABLE, answers
// RESOURCE_EXHAUSTED, or ends a call that the caller did not cancel as CANCELLED, which is how gRPC
// refuses calls that reach a server in the moment of its shutdown. The delay before
// attempt n is a random share of initial_backoff * multiplier^(n - 2), at most max_backoff; a delay
// that the server asks for (metadata `grpc-retry-pushback-ms`) takes its place.
struct RetryPolicy {
  // The first one included; 1 never retries. Range 1 to 5.
  int max_attempts = 4;
  // Above 0.
  absl::Duration initial_backoff = absl::Milliseconds(100);
  // At least initial_backoff.
  absl::Duration max_backoff = absl::Seconds(5);
  // At least 1.
  double multiplier = 2;
};

// kInvalidArgument when a field is out of its range; the message names it.
absl::Status ValidateRetryPolicy(const RetryPolicy& policy);

// How the client notices that a connection with calls on it was cut without a word: it asks for a
// sign of life so often while the server is silent, and ends the calls with kUnavailable when none
// comes in time.
struct Keepalive {
  // Above 0, and at least the server's --min_ping_interval, or the server closes the connection.
  absl::Duration interval = absl::Seconds(30);
  // Above 0.
  absl::Duration timeout = absl::Seconds(20);
};

// A channel that retries by `policy`, which gRPC does within the deadline of the call, without the
// caller's doing. Score, ListModels, GetModel, ListDeleted and RepositoryIndex are retried. What
// can change something is not, Threshold included, which may apply one: the server may have carried
// out the first try, and the second could undo what somebody else did since. Nor are streams and
// health checks. A call that no server has begun to process is sent again in any case. Does not
// wait for the connection. What goes to this machine (IsLoopbackTarget) does not pass the proxy of
// `http_proxy`.
//
// `target` is HOST:PORT or any other gRPC name. Errors as in ValidateRetryPolicy; kInvalidArgument
// when `target` is empty or a duration of `keepalive` is not above 0.
absl::StatusOr<std::shared_ptr<grpc::Channel>> CreateRetryingChannel(
    const std::string& target, const std::shared_ptr<grpc::ChannelCredentials>& credentials,
    const RetryPolicy& policy, const Keepalive& keepalive = {});

// What a client calls: the generated stubs, or mocks of them.
struct ClientStubs {
  std::unique_ptr<v1::AnomalyDetector::StubInterface> detector;
  std::unique_ptr<v1::ModelRegistry::StubInterface> registry;
  std::unique_ptr<grpc::health::v1::Health::StubInterface> health;
  std::unique_ptr<inference::GRPCInferenceService::StubInterface> inference;
};

// Stubs for the services over one channel.
ClientStubs CreateStubs(const std::shared_ptr<grpc::Channel>& channel);

// The same code, message and details, marked for IsFromServer.
absl::Status FromGrpcStatus(const grpc::Status& status);

// The details of an error of the server: a serialized google.rpc.Status (google/rpc/status.proto).
// Empty when it has none.
std::string DetailsOf(const absl::Status& status);

// Whether an error of a client's call came over the connection, from the server or for want of it,
// and not from what the call was given, such as a file.
bool IsFromServer(const absl::Status& status);

}  // namespace advae

#endif  // ADVAE_CLIENT_CONNECTION_H_
