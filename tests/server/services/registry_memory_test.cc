// What answers of the registry may take.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "server/services/registry_service.h"
#include "tests/server/services/service_test.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::IsOkRpc;
using testing::RandomBundle;
using testing::RpcFailsWith;

// A registry with one model of three versions, and little memory for calls.
class RegistryMemoryTest : public ::testing::Test {
 protected:
  void Start(MessageLimits& limits) {
    for (uint32_t seed = 1; seed <= 3; ++seed) {
      ASSERT_THAT(table_.repository().Publish(*RandomBundle("pump", seed)), IsOk());
    }
    ASSERT_THAT(table_.Sync(), IsOk());
    service_ = std::make_unique<RegistryService>(
        RegistryServiceOptions{.table = table_,
                               .uploads = uploads_,
                               .threads = {.changes = threads_, .reads = threads_},
                               .access = access_,
                               .limits = limits});
    grpc::ServerBuilder builder;
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    stub_ = v1::ModelRegistry::NewStub(server_->InProcessChannel({}));
  }

  grpc::Status List() {
    grpc::ClientContext context;
    v1::ListModelsResponse response;
    return stub_->ListModels(&context, {}, &response);
  }
  grpc::Status Get() {
    grpc::ClientContext context;
    v1::GetModelRequest request;
    request.set_model("pump");
    v1::GetModelResponse response;
    return stub_->GetModel(&context, request, &response);
  }

  grpc::Status SetServing(uint64_t version) {
    grpc::ClientContext context;
    v1::SetServingVersionRequest request;
    request.set_model("pump");
    request.set_version(version);
    v1::SetServingVersionResponse response;
    return stub_->SetServingVersion(&context, request, &response);
  }
  grpc::Status Delete(uint64_t version) {
    grpc::ClientContext context;
    v1::DeleteVersionRequest request;
    request.set_model("pump");
    request.set_version(version);
    v1::DeleteVersionResponse response;
    return stub_->DeleteVersion(&context, request, &response);
  }

  testing::TemporaryFolder folder_;
  Metrics metrics_;
  ModelTable table_{*Repository::Open(folder_.path()), metrics_};
  JobRunner runner_{{}, table_, metrics_};
  WorkPool threads_{1, 10};
  AlarmThread alarms_;
  const UploadResources uploads_{
      .runner = runner_, .threads = threads_, .max_bytes = 1, .limits = {}, .alarms = alarms_};
  const AccessControl access_;
  std::unique_ptr<RegistryService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::ModelRegistry::Stub> stub_;
};

TEST_F(RegistryMemoryTest, AnswersAreLeasedFromTheMemoryOfCalls) {
  // The requests take some 300 bytes.
  MessageLimits limits = {
      .budget = MemoryBudget(400), .max_parsed_bytes = 400, .max_response_bytes = 1 << 20};
  Start(limits);
  const auto fails =
      RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED, HasSubstr("bytes of memory"));
  EXPECT_THAT(List(), fails);
  EXPECT_THAT(Get(), fails);
  // A change is refused before it is made.
  EXPECT_THAT(SetServing(1), fails);
  EXPECT_THAT(Delete(2), fails);
  EXPECT_EQ(table_.Get("pump")->serving_version, 3);
  EXPECT_EQ(table_.Get("pump")->versions.size(), 3);
  server_->Shutdown();
  EXPECT_EQ(limits.budget.held(), 0);
}

TEST_F(RegistryMemoryTest, TheMemoryIsGivenBack) {
  MessageLimits limits = {
      .budget = MemoryBudget(1 << 16), .max_parsed_bytes = 400, .max_response_bytes = 1 << 16};
  Start(limits);
  for (int i = 0; i < 100; ++i) {
    ASSERT_THAT(List(), IsOkRpc());
    ASSERT_THAT(Get(), IsOkRpc());
  }
  EXPECT_THAT(SetServing(1), IsOkRpc());
  EXPECT_THAT(Delete(2), IsOkRpc());
  server_->Shutdown();
  EXPECT_EQ(limits.budget.held(), 0);
}

TEST_F(RegistryMemoryTest, AnAnswerThatIsTooLargeIsRefused) {
  MessageLimits limits = {
      .budget = MemoryBudget(1 << 20), .max_parsed_bytes = 400, .max_response_bytes = 30};
  Start(limits);
  EXPECT_THAT(List(),
              RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED,
                           HasSubstr("(--max_response_bytes): ask for the models one by one")));
  EXPECT_THAT(
      Get(), RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED, HasSubstr("delete versions that")));
}

}  // namespace
}  // namespace advae
