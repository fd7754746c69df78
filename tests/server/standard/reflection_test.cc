// gRPC's reflection service.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "server/standard/reflection_answer.h"
#include "server/standard/reflection_service.h"
#include "tests/server/services/service_test.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IsOkRpc;
using ::testing::IsSupersetOf;
using testing::RpcFailsWith;

using grpc::reflection::v1alpha::ServerReflection;
using grpc::reflection::v1alpha::ServerReflectionRequest;
using grpc::reflection::v1alpha::ServerReflectionResponse;

std::vector<std::string> FilesIn(const ServerReflectionResponse& response) {
  std::vector<std::string> names;
  for (const std::string& bytes : response.file_descriptor_response().file_descriptor_proto()) {
    google::protobuf::FileDescriptorProto file;
    EXPECT_TRUE(file.ParseFromString(bytes));
    names.push_back(file.name());
  }
  return names;
}

TEST(ReflectionAnswerTest, AFileComesWithThoseThatItImports) {
  ServerReflectionRequest request;
  request.set_host("host");
  request.set_file_by_filename("advae/v1/detector.proto");
  const ServerReflectionResponse response = AnswerReflection(request, {});
  EXPECT_EQ(response.valid_host(), "host");
  EXPECT_EQ(response.original_request().file_by_filename(), "advae/v1/detector.proto");
  EXPECT_THAT(FilesIn(response), IsSupersetOf({"advae/v1/detector.proto", "advae/v1/types.proto"}));

  request.set_file_containing_symbol("advae.v1.AnomalyDetector.Score");
  EXPECT_EQ(FilesIn(AnswerReflection(request, {})), FilesIn(response));
}

TEST(ReflectionAnswerTest, ExtensionsAreFound) {
  ServerReflectionRequest request;
  request.mutable_file_containing_extension()->set_containing_type("advae.v1.ScoreRequest");
  request.mutable_file_containing_extension()->set_extension_number(1000);
  EXPECT_EQ(AnswerReflection(request, {}).error_response().error_code(),
            grpc::StatusCode::NOT_FOUND);

  request.set_all_extension_numbers_of_type("advae.v1.ScoreRequest");
  const auto numbers = AnswerReflection(request, {}).all_extension_numbers_response();
  EXPECT_EQ(numbers.base_type_name(), "advae.v1.ScoreRequest");
  EXPECT_EQ(numbers.extension_number_size(), 0);
}

TEST(ReflectionAnswerTest, WhatIsNotKnownIsAnError) {
  ServerReflectionRequest request;
  EXPECT_EQ(AnswerReflection(request, {}).error_response().error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  request.set_file_by_filename("none.proto");
  EXPECT_EQ(AnswerReflection(request, {}).error_response().error_code(),
            grpc::StatusCode::NOT_FOUND);
  request.set_file_containing_symbol("none");
  EXPECT_EQ(AnswerReflection(request, {}).error_response().error_code(),
            grpc::StatusCode::NOT_FOUND);
  request.set_all_extension_numbers_of_type("none");
  EXPECT_EQ(AnswerReflection(request, {}).error_response().error_code(),
            grpc::StatusCode::NOT_FOUND);
}

class ReflectionTest : public testing::ServiceTest {
 protected:
  void Start() {
    StartServer();
    stub_ = ServerReflection::NewStub(
        grpc::CreateChannel(server_->grpc_address(), grpc::InsecureChannelCredentials()));
  }

  std::unique_ptr<ServerReflection::Stub> stub_;
};

TEST_F(ReflectionTest, AnswersOneRequestAfterTheOther) {
  Start();
  grpc::ClientContext context;
  const auto stream = stub_->ServerReflectionInfo(&context);
  ServerReflectionRequest request;
  request.set_list_services("");
  ServerReflectionResponse response;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(stream->Write(request));
    ASSERT_TRUE(stream->Read(&response));
    std::vector<std::string> names;
    for (const auto& service : response.list_services_response().service()) {
      names.push_back(service.name());
    }
    EXPECT_THAT(names, ElementsAre("advae.v1.AnomalyDetector", "advae.v1.ModelRegistry",
                                   "inference.GRPCInferenceService", "grpc.health.v1.Health",
                                   "grpc.reflection.v1alpha.ServerReflection"));
  }
  stream->WritesDone();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_THAT(stream->Finish(), IsOkRpc());
}

TEST_F(ReflectionTest, ALargeRequestIsRefused) {
  Start();
  grpc::ClientContext context;
  const auto stream = stub_->ServerReflectionInfo(&context);
  ServerReflectionRequest request;
  request.set_file_containing_symbol(std::string(ReflectionService::kMaxRequestBytes + 1, 'a'));
  ASSERT_TRUE(stream->Write(request));
  ServerReflectionResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_THAT(stream->Finish(),
              RpcFailsWith(grpc::StatusCode::INVALID_ARGUMENT, HasSubstr("expected at most 4096")));
}

TEST(ReflectionServiceTest, AnAnswerIsLeasedFromTheMemoryOfCalls) {
  // Enough for the request, but not for a file.
  MessageLimits limits = {
      .budget = MemoryBudget(4096), .max_parsed_bytes = 4096, .max_response_bytes = 1 << 20};
  OpenStreams streams;
  const AccessControl access;
  ReflectionService service({}, access, limits, streams);
  grpc::ServerBuilder builder;
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  const auto stub = ServerReflection::NewStub(server->InProcessChannel({}));
  grpc::ClientContext context;
  const auto stream = stub->ServerReflectionInfo(&context);
  ServerReflectionRequest request;
  request.set_file_by_filename("advae/v1/detector.proto");
  ASSERT_TRUE(stream->Write(request));
  ServerReflectionResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_THAT(stream->Finish(),
              RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED, HasSubstr("bytes of memory")));
  server->Shutdown();
  EXPECT_EQ(limits.budget.held(), 0);
}

size_t ThreadsOfThisProcess() {
  size_t threads = 0;
  for ([[maybe_unused]] const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    ++threads;
  }
  return threads;
}

TEST_F(ReflectionTest, ManyOpenStreamsTakeFewThreads) {
  Start();
  ServerReflectionRequest request;
  request.set_list_services("");
  ServerReflectionResponse response;
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<
      std::unique_ptr<grpc::ClientReaderWriter<ServerReflectionRequest, ServerReflectionResponse>>>
      streams;
  const size_t before = ThreadsOfThisProcess();
  for (int i = 0; i < 200; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    streams.push_back(stub_->ServerReflectionInfo(contexts.back().get()));
    ASSERT_TRUE(streams.back()->Write(request));
    ASSERT_TRUE(streams.back()->Read(&response));
  }
  EXPECT_LT(ThreadsOfThisProcess(), before + 50);
  for (const auto& context : contexts) context->TryCancel();
  for (const auto& stream : streams) stream->Finish();
}

}  // namespace
}  // namespace advae
