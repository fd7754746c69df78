#ifndef ADVAE_TESTS_SERVER_SERVICES_SERVICE_TEST_H_
#define ADVAE_TESTS_SERVER_SERVICES_SERVICE_TEST_H_

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "advae/v1/detector.grpc.pb.h"
#include "advae/v1/registry.grpc.pb.h"
#include "model/repository/repository.h"
#include "server/server.h"
#include "tests/testing/loopback_socket.h"
#include "tests/testing/random_model.h"
#include "tests/testing/rpc_matchers.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae::testing {

// A server on loopback with a repository in a temporary folder and the fake trainer.
class ServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    config_.repository = folder_.path() / "models";
    config_.listen = "127.0.0.1:0";
    config_.metrics_listen = "127.0.0.1:0";
    config_.scoring_threads = 2;
    config_.jobs.trainer = FAKE_TRAINER;
    config_.drain_timeout = absl::Seconds(5);
  }

  // Publishes a version of three features that remembers so many of its 20 training rows.
  void Publish(const std::string& model, uint32_t seed = 1, uint32_t memory_rows = 0) {
    PublishBundle(*RandomBundle(model, seed, memory_rows));
  }

  void PublishBundle(const VersionBundle& bundle) {
    ASSERT_OK_AND_ASSIGN(const Repository repository, Repository::Open(config_.repository));
    ASSERT_THAT(repository.Publish(bundle), IsOk());
  }

  void StartServer() {
    ASSERT_OK_AND_ASSIGN(server_, Server::Start(config_));
    const auto channel =
        grpc::CreateChannel(server_->grpc_address(), grpc::InsecureChannelCredentials());
    detector_ = v1::AnomalyDetector::NewStub(channel);
    registry_ = v1::ModelRegistry::NewStub(channel);
  }

  // What a port of the server that speaks HTTP answers, with its header.
  static std::string Get(const std::string& address, std::string_view path) {
    LoopbackSocket socket(address);
    socket.Send(absl::StrCat("GET ", std::string(path),
                             " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
    return socket.ReadAll();
  }
  // Of a series without labels, or with those that follow its name; -1 when there is none.
  double Metric(const std::string& series) const {
    const std::string page = Get(server_->metrics_address(), "/metrics");
    const std::string line = absl::StrCat("\n", series, " ");
    const size_t at = page.find(line);
    double value = -1;
    if (at == std::string::npos) return value;
    const size_t begin = at + line.size();
    EXPECT_TRUE(absl::SimpleAtod(page.substr(begin, page.find('\n', begin) - begin), &value));
    return value;
  }

  TemporaryFolder folder_;
  ServerConfig config_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<v1::AnomalyDetector::Stub> detector_;
  std::unique_ptr<v1::ModelRegistry::Stub> registry_;
};

// As a training with --hidden-size=512 and --samples=65536 would publish it, but for the scores of
// its training rows, which would take as long. A row takes many milliseconds.
inline VersionBundle HeavyBundle(const std::string& model) {
  constexpr size_t kHidden = 512;
  VersionBundle bundle = *RandomBundle(model);
  bundle.ensemble.front().networks = RandomWeights({3, 5, 4, 2, kHidden, kHidden}, /*seed=*/1);
  v1::LatentPlanSpec spec = bundle.info.latent_plan();
  spec.set_samples(65'536);
  *bundle.info.mutable_latent_plan() = spec;
  bundle.plan = *DrawLatentPlan(spec, /*latent_size=*/2, /*default_seed=*/1);
  return bundle;
}

// The rows as a request carries them.
inline v1::Matrix ToProto(const Matrix& matrix) {
  v1::Matrix proto;
  proto.mutable_values()->Add(matrix.values.begin(), matrix.values.end());
  proto.set_columns(static_cast<uint32_t>(matrix.columns));
  return proto;
}

// To score so many rows by a model of three features.
inline v1::ScoreRequest ScoreRequestOf(const std::string& model, size_t rows) {
  v1::ScoreRequest request;
  request.set_model(model);
  *request.mutable_rows() = ToProto(RandomRows(rows, 3, 1));
  return request;
}

}  // namespace advae::testing

#endif  // ADVAE_TESTS_SERVER_SERVICES_SERVICE_TEST_H_
