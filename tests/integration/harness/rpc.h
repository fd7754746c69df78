#ifndef ADVAE_TESTS_INTEGRATION_HARNESS_RPC_H_
#define ADVAE_TESTS_INTEGRATION_HARNESS_RPC_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "advae/v1/detector.grpc.pb.h"
#include "advae/v1/registry.grpc.pb.h"
#include "model/data/matrix.h"
#include "tests/testing/process.h"
#include "tests/testing/rpc_matchers.h"

namespace advae::testing {

// The context of one call that ends at the latest after `limit`. It waits for a connection: gRPC
// 1.51 may take one that is being made for one that has failed, when something else sets errno.
class CallContext : public grpc::ClientContext {
 public:
  explicit CallContext(absl::Duration limit = kLimit) {
    set_wait_for_ready(true);
    set_deadline(absl::ToChronoTime(absl::Now() + limit));
  }
};

// What a call with several responses gave.
template <typename Response>
struct Outcome {
  grpc::Status status;
  std::vector<Response> responses;
};

v1::Matrix ToProto(const Matrix& matrix);

v1::ScoreRequest ScoreRequestOf(const std::string& model, const Matrix& rows);
v1::TrainRequest SpecOf(const std::string& model);
v1::TrainRequest RowsOf(const Matrix& rows);
// A spec for the smallest of trainings: one epoch of a tiny network.
v1::TrainRequest TinySpecOf(const std::string& model);

// Sends all requests, half-closes, and takes all responses.
Outcome<v1::TrainResponse> Train(v1::AnomalyDetector::Stub& detector,
                                 const std::vector<v1::TrainRequest>& requests);
Outcome<v1::ScoreResponse> ScoreStream(v1::AnomalyDetector::Stub& detector,
                                       const std::vector<v1::ScoreRequest>& requests);
grpc::Status Import(v1::ModelRegistry::Stub& registry,
                    const std::vector<v1::ImportVersionRequest>& requests,
                    v1::ImportVersionResponse& response);

}  // namespace advae::testing

#endif  // ADVAE_TESTS_INTEGRATION_HARNESS_RPC_H_
