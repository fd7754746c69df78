// The standard health and reflection services.

#include <google/protobuf/empty.pb.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>

#include "tests/integration/harness/server_test.h"

namespace advae::testing {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

class HealthTest : public ServerTest {
 protected:
  void SetUp() override {
    // Nothing in these tests is worth waiting for at the end.
    ASSERT_NO_FATAL_FAILURE(StartServer({"--drain_timeout=1h"}));
  }

  grpc::Status Check(const std::string& service, HealthCheckResponse& response) {
    CallContext context;
    HealthCheckRequest request;
    request.set_service(service);
    return server().health().Check(&context, request, &response);
  }
};

TEST_F(HealthTest, TheServerAndBothServicesServe) {
  for (const char* service : {"", "advae.v1.AnomalyDetector", "advae.v1.ModelRegistry"}) {
    SCOPED_TRACE(service);
    HealthCheckResponse response;
    ASSERT_THAT(Check(service, response), IsOkRpc());
    EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  }
}

TEST_F(HealthTest, AServiceThatDoesNotExistIsNotFound) {
  HealthCheckResponse response;
  EXPECT_EQ(Check("advae.v1.NoSuchService", response).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(HealthTest, AWatcherSeesTheServerDrain) {
  CallContext context;
  HealthCheckRequest request;
  request.set_service("advae.v1.AnomalyDetector");
  const auto watch = server().health().Watch(&context, request);
  HealthCheckResponse response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);

  server().process().Signal(SIGTERM);
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  EXPECT_FALSE(watch->Read(&response));
  EXPECT_THAT(watch->Finish(), RpcFailsWith(grpc::StatusCode::UNAVAILABLE,
                                            ::testing::HasSubstr("the server is stopping")));
  ASSERT_OK_AND_ASSIGN(const ProcessEnd end, server().process().Wait());
  EXPECT_EQ(end, Exited(0));
}

TEST_F(HealthTest, AWatcherOfAnUnknownServiceIsToldAndHoldsUpNothing) {
  CallContext context;
  HealthCheckRequest request;
  request.set_service("advae.v1.NoSuchService");
  const auto watch = server().health().Watch(&context, request);
  HealthCheckResponse response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVICE_UNKNOWN);

  server().process().Signal(SIGTERM);
  EXPECT_FALSE(watch->Read(&response));
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  ASSERT_OK_AND_ASSIGN(const ProcessEnd end, server().process().Wait());
  EXPECT_EQ(end, Exited(0));
}

TEST_F(HealthTest, AWatcherThatLeavesIsForgotten) {
  CallContext context;
  const auto watch = server().health().Watch(&context, HealthCheckRequest());
  HealthCheckResponse response;
  ASSERT_TRUE(watch->Read(&response));
  context.TryCancel();
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::CANCELLED);

  server().process().Signal(SIGTERM);
  ASSERT_OK_AND_ASSIGN(const ProcessEnd end, server().process().Wait());
  EXPECT_EQ(end, Exited(0));
}

TEST_F(HealthTest, ReflectionListsTheServicesAndEnds) {
  // The messages of the reflection protocol, whose definition is not installed with gRPC, as their
  // fields on the wire: 7 of the request asks for the list of services.
  google::protobuf::Empty request, response;
  request.GetReflection()->MutableUnknownFields(&request)->AddLengthDelimited(7, "*");

  grpc::CompletionQueue queue;
  CallContext context;
  grpc::TemplatedGenericStub<google::protobuf::Empty, google::protobuf::Empty> stub(
      server().channel());
  const auto call = stub.PrepareCall(
      &context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  const auto succeeded = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  call->StartCall(nullptr);
  ASSERT_TRUE(succeeded());
  call->Write(request, nullptr);
  ASSERT_TRUE(succeeded());
  call->Read(&response, nullptr);
  ASSERT_TRUE(succeeded());
  const std::string answer = response.SerializeAsString();
  for (const char* service :
       {"advae.v1.AnomalyDetector", "advae.v1.ModelRegistry", "grpc.health.v1.Health"}) {
    EXPECT_THAT(answer, ::testing::HasSubstr(service));
  }
  call->WritesDone(nullptr);
  ASSERT_TRUE(succeeded());
  grpc::Status status;
  call->Finish(&status, nullptr);
  ASSERT_TRUE(succeeded());
  EXPECT_THAT(status, IsOkRpc());
  HealthCheckResponse health;
  EXPECT_THAT(Check("", health), IsOkRpc());
}

}  // namespace
}  // namespace advae::testing
