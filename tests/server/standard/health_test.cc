// What the health service says of the repository.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "grpc/health/v1/health.grpc.pb.h"
#include "model/base/steady_clock.h"
#include "server/standard/health_service.h"
#include "tests/server/services/service_test.h"

namespace advae {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using testing::IsOkRpc;

class HealthTest : public testing::ServiceTest {
 protected:
  HealthCheckResponse::ServingStatus Status(const std::string& service) {
    grpc::ClientContext context;
    HealthCheckRequest request;
    request.set_service(service);
    HealthCheckResponse response;
    EXPECT_THAT(Health::NewStub(grpc::CreateChannel(server_->grpc_address(),
                                                    grpc::InsecureChannelCredentials()))
                    ->Check(&context, request, &response),
                IsOkRpc());
    return response.status();
  }
  // Asks until the answer is `status`; whether that happens in time.
  bool RepositoryBecomes(HealthCheckResponse::ServingStatus status) {
    const absl::Time end = SteadyNow() + absl::Minutes(1);
    while (Status(HealthService::kRepository) != status) {
      if (SteadyNow() > end) return false;
    }
    return true;
  }
};

TEST_F(HealthTest, TellsThatTheVolumeIsNotMountedAndServesOn) {
  config_.repository_poll_interval = absl::Milliseconds(10);
  Publish("pump");
  StartServer();
  EXPECT_TRUE(RepositoryBecomes(HealthCheckResponse::SERVING));
  const std::filesystem::path away = folder_.path() / "away";
  std::filesystem::rename(config_.repository, away);
  std::filesystem::create_directory(config_.repository);
  EXPECT_TRUE(RepositoryBecomes(HealthCheckResponse::NOT_SERVING));
  EXPECT_EQ(Status(""), HealthCheckResponse::SERVING);
  std::filesystem::remove(config_.repository);
  std::filesystem::rename(away, config_.repository);
  EXPECT_TRUE(RepositoryBecomes(HealthCheckResponse::SERVING));
}

}  // namespace
}  // namespace advae
