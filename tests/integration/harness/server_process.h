#ifndef ADVAE_TESTS_INTEGRATION_HARNESS_SERVER_PROCESS_H_
#define ADVAE_TESTS_INTEGRATION_HARNESS_SERVER_PROCESS_H_

#include <grpcpp/channel.h>
#include <signal.h>

#include <filesystem>
#include <memory>
#include <regex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "advae/v1/detector.grpc.pb.h"
#include "advae/v1/registry.grpc.pb.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "tests/integration/harness/metrics_page.h"
#include "tests/testing/process.h"

namespace advae::testing {

// advae-server as a process of its own, ready to answer.
class ServerProcess {
 public:
  // Starts the server on free ports of the loopback, by way of the command `launcher` if it is not
  // empty, which gets the server's program and flags as its last arguments. kInternal, with what it
  // wrote, when it does not say that it listens.
  static absl::StatusOr<std::unique_ptr<ServerProcess>> Start(
      const std::filesystem::path& repository, const std::vector<std::string>& flags = {},
      std::vector<std::string> launcher = {});

  Process& process() { return *process_; }
  // HOST:PORT.
  const std::string& address() const { return address_; }
  const std::string& metrics_address() const { return metrics_address_; }
  // Empty without --http_listen.
  const std::string& http_address() const { return http_address_; }
  // Empty without --admin_listen.
  const std::string& admin_address() const { return admin_address_; }

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  v1::AnomalyDetector::Stub& detector() { return *detector_; }
  v1::ModelRegistry::Stub& registry() { return *registry_; }
  grpc::health::v1::Health::Stub& health() { return *health_; }

  absl::StatusOr<MetricsPage> Metrics() const { return MetricsPage::Fetch(metrics_address_); }

  // Sends the signal and waits for the end. Closes the connection first, unless a call holds it: a
  // client that is idle notices only after a while that the server wants to end it. No channel or
  // stub may be used any more.
  absl::StatusOr<ProcessEnd> Stop(int signal = SIGTERM);

 private:
  // `addresses` are those that the server says it listens at.
  ServerProcess(std::unique_ptr<Process> process, const std::smatch& addresses);

  const std::unique_ptr<Process> process_;
  const std::string address_;
  const std::string metrics_address_;
  const std::string http_address_;
  const std::string admin_address_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::AnomalyDetector::Stub> detector_;
  std::unique_ptr<v1::ModelRegistry::Stub> registry_;
  std::unique_ptr<grpc::health::v1::Health::Stub> health_;
};

// The flags of a server on free ports of the loopback.
std::vector<std::string> LoopbackFlags(const std::filesystem::path& repository);

}  // namespace advae::testing

#endif  // ADVAE_TESTS_INTEGRATION_HARNESS_SERVER_PROCESS_H_
