// ModelStreamInfer over a real connection.

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "inference/inference.grpc.pb.h"
#include "tests/integration/harness/eventually.h"
#include "tests/server/services/service_test.h"

namespace advae {
namespace {

using google::protobuf::util::MessageDifferencer;
using inference::ModelInferRequest;
using inference::ModelStreamInferResponse;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOkRpc;
using testing::RandomRows;
using testing::RpcFailsWith;

class InferStreamTest : public testing::ServiceTest {
 protected:
  void Start() {
    Publish("pump");
    StartServer();
    const auto channel =
        grpc::CreateChannel(server_->grpc_address(), grpc::InsecureChannelCredentials());
    stub_ = inference::GRPCInferenceService::NewStub(channel);
    generic_ = std::make_unique<grpc::GenericStub>(channel);
  }

  static ModelInferRequest Request(const std::string& id, size_t rows = 4,
                                   const std::string& model = "pump") {
    const Matrix matrix = RandomRows(rows, 3, static_cast<uint32_t>(rows));
    ModelInferRequest request;
    request.set_model_name(model);
    request.set_id(id);
    auto& input = *request.add_inputs();
    input.set_name("rows");
    input.set_datatype("FP32");
    input.add_shape(static_cast<int64_t>(rows));
    input.add_shape(3);
    request.add_raw_input_contents(reinterpret_cast<const char*>(matrix.values.data()),
                                   matrix.values.size() * sizeof(float));
    return request;
  }

  inference::ModelInferResponse Infer(const ModelInferRequest& request) {
    grpc::ClientContext context;
    inference::ModelInferResponse response;
    EXPECT_THAT(stub_->ModelInfer(&context, request, &response), IsOkRpc());
    return response;
  }

  std::unique_ptr<inference::GRPCInferenceService::Stub> stub_;
  std::unique_ptr<grpc::GenericStub> generic_;
};

TEST_F(InferStreamTest, AnswersAsModelInferInTheOrderOfTheRequests) {
  Start();
  grpc::ClientContext context;
  const auto stream = stub_->ModelStreamInfer(&context);
  const auto rows_of = [](int i) { return i % 5 == 0 ? 500 : 1 + i; };
  std::thread writer([&] {
    for (int i = 0; i < 100; ++i) stream->Write(Request(std::to_string(i), rows_of(i)));
    stream->WritesDone();
  });
  ModelStreamInferResponse response;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_THAT(response.error_message(), IsEmpty());
    const auto expected = Infer(Request(std::to_string(i), rows_of(i)));
    EXPECT_EQ(response.infer_response().id(), std::to_string(i));
    EXPECT_TRUE(MessageDifferencer::Equals(response.infer_response(), expected));
  }
  EXPECT_FALSE(stream->Read(&response));
  writer.join();
  EXPECT_THAT(stream->Finish(), IsOkRpc());
}

TEST_F(InferStreamTest, GoesOnAfterARequestThatFails) {
  Start();
  grpc::ClientContext context;
  const auto stream = stub_->ModelStreamInfer(&context);
  ModelInferRequest other_shape = Request("shape");
  other_shape.mutable_inputs(0)->set_shape(0, 5);
  const std::vector<std::pair<ModelInferRequest, std::string>> cases = {
      {Request("unknown", 4, "fan"), "there is no model \"fan\""},
      {Request("good"), ""},
      {other_shape, "48 bytes"},
      {Request("path", 4, "../pump"), "model name '../pump'"},
      {ModelInferRequest(), "model name ''"},
      {Request("last"), ""},
  };
  ModelStreamInferResponse response;
  for (const auto& [request, message] : cases) {
    ASSERT_TRUE(stream->Write(request));
    ASSERT_TRUE(stream->Read(&response)) << message;
    EXPECT_EQ(response.infer_response().id(), request.id());
    EXPECT_EQ(response.infer_response().outputs().empty(), !message.empty());
    if (message.empty()) {
      EXPECT_THAT(response.error_message(), IsEmpty());
    } else {
      EXPECT_THAT(response.error_message(), HasSubstr(message));
    }
  }
  stream->WritesDone();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_THAT(stream->Finish(), IsOkRpc());
  // Each request counts, and the stream as a call that went well.
  const auto count = [this](const std::string& code, const char* method) {
    return Metric(absl::StrCat("advae_rpc_duration_seconds_count{code=\"", code, "\",method=\"",
                               method, "\"}"));
  };
  EXPECT_EQ(count("OK", "stream/infer"), 2);
  EXPECT_EQ(count("NOT_FOUND", "stream/infer"), 1);
  EXPECT_EQ(count("INVALID_ARGUMENT", "stream/infer"), 3);
  EXPECT_EQ(Metric("advae_rpcs_in_flight{method=\"stream/infer\"}"), 0);
  constexpr char kStream[] = "GRPCInferenceService/ModelStreamInfer";
  EXPECT_TRUE(testing::Eventually([&] { return count("OK", kStream) == 1; }));
  EXPECT_EQ(count("INVALID_ARGUMENT", kStream), -1);
}

// An error repeats the id of its request.
TEST_F(InferStreamTest, HoldsTheMemoryOfErrorsThatNobodyReads) {
  constexpr size_t kIdBytes = 8 << 20;
  Start();
  {
    grpc::ClientContext context;
    const auto stream = stub_->ModelStreamInfer(&context);
    for (int i = 0; i < 2; ++i) {
      ASSERT_TRUE(stream->Write(Request(std::string(kIdBytes, 'x'), 1, "fan")));
    }
    EXPECT_TRUE(testing::Eventually(
        [&] { return Metric("advae_call_memory_bytes") >= 2 * double{kIdBytes}; }));
    context.TryCancel();
  }
  EXPECT_TRUE(testing::Eventually([&] { return Metric("advae_call_memory_bytes") == 0; }));
}

TEST_F(InferStreamTest, AnIdCountsAsPartOfTheAnswer) {
  config_.max_response_bytes = 1 << 20;
  Start();
  grpc::ClientContext context;
  inference::ModelInferResponse response;
  EXPECT_THAT(stub_->ModelInfer(&context, Request(std::string(2 << 20, 'x')), &response),
              RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED, HasSubstr("a shorter id")));
}

// What is no message is the error of one request, too.
TEST_F(InferStreamTest, GoesOnAfterWhatCannotBeRead) {
  config_.max_message_bytes = 1 << 20;
  Start();
  std::string unknown;  // fields that the parser would keep
  for (int i = 0; i < 400'000; ++i) unknown += "\x78\x01";
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const auto call =
      generic_->PrepareCall(&context, "/inference.GRPCInferenceService/ModelStreamInfer", &queue);
  const auto wait = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  call->StartCall(nullptr);
  ASSERT_TRUE(wait());
  std::vector<ModelStreamInferResponse> responses;
  for (const std::string& message :
       {std::string("\x0a\xff"), unknown, Request("good").SerializeAsString()}) {
    const grpc::Slice slice(message);
    call->Write(grpc::ByteBuffer(&slice, 1), nullptr);
    ASSERT_TRUE(wait());
    grpc::ByteBuffer bytes;
    call->Read(&bytes, nullptr);
    ASSERT_TRUE(wait());
    grpc::Slice answer;
    ASSERT_TRUE(bytes.DumpToSingleSlice(&answer).ok());
    ASSERT_TRUE(
        responses.emplace_back().ParseFromArray(answer.begin(), static_cast<int>(answer.size())));
  }
  call->WritesDone(nullptr);
  wait();
  grpc::Status status;
  call->Finish(&status, nullptr);
  wait();
  EXPECT_THAT(status, IsOkRpc());
  EXPECT_THAT(responses[0].error_message(), HasSubstr("does not parse"));
  EXPECT_THAT(responses[1].error_message(), HasSubstr("once it is parsed"));
  EXPECT_EQ(responses[2].error_message(), "");
  EXPECT_EQ(responses[2].infer_response().id(), "good");
}

TEST_F(InferStreamTest, AnEmptyStreamIsFine) {
  Start();
  grpc::ClientContext context;
  const auto stream = stub_->ModelStreamInfer(&context);
  stream->WritesDone();
  ModelStreamInferResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_THAT(stream->Finish(), IsOkRpc());
}

// A client that sends and never reads is held back, also where it is only sent errors.
TEST_F(InferStreamTest, ReadsNoFurtherThanItsClient) {
  config_.max_message_bytes = 1 << 20;
  Start();
  for (const char* const model : {"pump", "fan"}) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(300));
    const auto stream = stub_->ModelStreamInfer(&context);
    ModelInferRequest request = Request(std::string(100'000, 'i'), 20'000, model);
    int written = 0;
    while (written < 2000 && stream->Write(request)) ++written;
    EXPECT_LT(written, 2000) << model;
    EXPECT_THAT(stream->Finish(), RpcFailsWith(grpc::StatusCode::DEADLINE_EXCEEDED, HasSubstr("")));
  }
  Infer(Request("after"));
}

TEST_F(InferStreamTest, EndsWithTheServer) {
  config_.drain_timeout = absl::Hours(1);
  Start();
  grpc::ClientContext context;
  const auto stream = stub_->ModelStreamInfer(&context);
  stream->Write(Request("1"));
  ModelStreamInferResponse response;
  ASSERT_TRUE(stream->Read(&response));
  server_.reset();  // within the test's time limit
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_THAT(stream->Finish(),
              RpcFailsWith(grpc::StatusCode::UNAVAILABLE, HasSubstr("the server is stopping")));
}

}  // namespace
}  // namespace advae
