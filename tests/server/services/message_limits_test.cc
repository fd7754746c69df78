// What requests and answers may take, over a real connection.

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <string>

#include "server/calls/answer_size.h"
#include "tests/server/services/service_test.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using testing::IsOkRpc;
using testing::RpcFailsWith;
using testing::ScoreRequestOf;

constexpr char kScore[] = "/advae.v1.AnomalyDetector/Score";

// Every method of the API that takes a message.
constexpr const char* kMethods[] = {
    kScore,
    "/advae.v1.AnomalyDetector/ScoreStream",
    "/advae.v1.AnomalyDetector/Train",
    "/advae.v1.AnomalyDetector/Threshold",
    "/advae.v1.ModelRegistry/ListModels",
    "/advae.v1.ModelRegistry/GetModel",
    "/advae.v1.ModelRegistry/SetServingVersion",
    "/advae.v1.ModelRegistry/DeleteVersion",
    "/advae.v1.ModelRegistry/DeleteModel",
    "/advae.v1.ModelRegistry/ImportVersion",
};

// A field of a message: its number and bytes.
std::string Field(int number, const std::string& bytes) {
  std::string field(1, static_cast<char>(number << 3 | 2));
  size_t length = bytes.size();
  for (; length > 127; length >>= 7) field += static_cast<char>((length & 127) | 128);
  return field + static_cast<char>(length) + bytes;
}

std::string Repeated(const std::string& bytes, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += bytes;
  return all;
}

class MessageLimitsTest : public testing::ServiceTest {
 protected:
  void Start() {
    Publish("pump");
    StartServer();
    stub_ = std::make_unique<grpc::GenericStub>(
        grpc::CreateChannel(server_->grpc_address(), grpc::InsecureChannelCredentials()));
  }

  // How a call with one message of these bytes ends.
  grpc::Status Send(const char* method, const std::string& message) {
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    const auto call = stub_->PrepareCall(&context, method, &queue);
    const auto wait = [&queue] {
      void* tag = nullptr;
      bool ok = false;
      return queue.Next(&tag, &ok) && ok;
    };
    call->StartCall(nullptr);
    wait();
    const grpc::Slice slice(message);
    call->WriteLast(grpc::ByteBuffer(&slice, 1), grpc::WriteOptions(), nullptr);
    wait();
    grpc::ByteBuffer response;
    do call->Read(&response, nullptr);
    while (wait());
    grpc::Status status;
    call->Finish(&status, nullptr);
    wait();
    return status;
  }

  grpc::Status Score(const v1::ScoreRequest& request) {
    grpc::ClientContext context;
    v1::ScoreResponse response;
    return detector_->Score(&context, request, &response);
  }

  static v1::ScoreRequest Request(size_t rows, uint32_t top_features = 0) {
    v1::ScoreRequest request = ScoreRequestOf("pump", rows);
    request.set_top_features(top_features);
    return request;
  }

  std::unique_ptr<grpc::GenericStub> stub_;
};

TEST_F(MessageLimitsTest, RefusesWhatGrowsInParsing) {
  config_.max_message_bytes = 1 << 20;
  Start();
  // Of two bytes each; the parser keeps fields that it does not know.
  const std::string unknown = Repeated("\x78\x01", 400'000);
  for (const char* method : kMethods) {
    EXPECT_THAT(Send(method, unknown),
                RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED, HasSubstr("once it is parsed")))
        << method;
  }
}

TEST_F(MessageLimitsTest, RefusesMoreNamesThanColumnsCanBe) {
  Start();
  const std::string rows = Repeated(Field(3, ""), 65'537);
  const auto fails = RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED,
                                  HasSubstr("65536 elements of feature_names"));
  EXPECT_THAT(Send(kScore, Field(1, "pump") + Field(3, rows)), fails);
  EXPECT_THAT(Send("/advae.v1.AnomalyDetector/ScoreStream", Field(3, rows)), fails);
  EXPECT_THAT(Send("/advae.v1.AnomalyDetector/Train", Field(2, rows)), fails);
  EXPECT_THAT(Send("/advae.v1.ModelRegistry/ImportVersion", Field(4, rows)), fails);
}

// 60 MB of texts, or of columns, without a byte: they would take gigabytes once they are parsed.
TEST_F(MessageLimitsTest, RefusesATableOfNothing) {
  Start();
  const std::string texts = Repeated(Field(1, ""), 30'000'000);
  const std::string dictionary = Field(2, Field(6, texts));
  const std::string columns = Repeated(Field(2, ""), 30'000'000);
  for (const auto& [table, what] : {std::pair(dictionary, "65536 elements of dictionary"),
                                    std::pair(columns, "65536 elements of columns")}) {
    const auto fails = RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED, HasSubstr(what));
    EXPECT_THAT(Send(kScore, Field(1, "pump") + Field(7, table)), fails);
    EXPECT_THAT(Send("/advae.v1.AnomalyDetector/ScoreStream", Field(7, table)), fails);
    EXPECT_THAT(Send("/advae.v1.AnomalyDetector/Train", Field(3, table)), fails);
  }
}

TEST_F(MessageLimitsTest, SaysThatAMessageIsMalformed) {
  Start();
  for (const char* method : kMethods) {
    EXPECT_THAT(Send(method, "\x0a\x7f"),
                RpcFailsWith(grpc::StatusCode::INVALID_ARGUMENT, HasSubstr("malformed")))
        << method;
  }
}

TEST_F(MessageLimitsTest, DoesNotParseWhatCannotBeTheNameOfAService) {
  Start();
  const char check[] = "/grpc.health.v1.Health/Check";
  EXPECT_THAT(Send(check, ""), IsOkRpc());
  EXPECT_THAT(Send(check, Field(1, "advae.v1.AnomalyDetector")), IsOkRpc());
  EXPECT_THAT(Send(check, Repeated("\x78\x01", 1000)),
              RpcFailsWith(grpc::StatusCode::NOT_FOUND, HasSubstr("no service")));
}

TEST_F(MessageLimitsTest, RefusesAnAnswerThatIsTooLarge) {
  config_.max_response_bytes = 4096;
  Start();
  EXPECT_THAT(Score(Request(100)), IsOkRpc());
  EXPECT_THAT(Score(Request(10, 3)), IsOkRpc());
  const auto fails =
      RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED, HasSubstr("--max_response_bytes"));
  EXPECT_THAT(Score(Request(300)), fails);
  EXPECT_THAT(Score(Request(100, 3)), fails);
}

TEST_F(MessageLimitsTest, RefusesWhatTheMemoryOfAllCallsHasNoRoomFor) {
  config_.max_call_bytes = 1 << 20;
  Start();
  for (int i = 0; i < 20; ++i) EXPECT_THAT(Score(Request(1000)), IsOkRpc()) << "memory leaked";
  const auto fails =
      RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED, HasSubstr("bytes of memory"));
  EXPECT_THAT(Score(Request(50'000)), fails);   // the request
  EXPECT_THAT(Score(Request(2000, 3)), fails);  // the answer
  EXPECT_THAT(Score(Request(1000)), IsOkRpc());
}

TEST_F(MessageLimitsTest, RefusesACurveThatTheMemoryOfAllCallsHasNoRoomFor) {
  config_.max_call_bytes = 1 << 20;
  Start();
  v1::ThresholdRequest request;
  request.set_model("pump");
  const auto ask = [&](uint32_t points) {
    request.set_curve_points(points);
    grpc::ClientContext context;
    v1::ThresholdResponse response;
    return detector_->Threshold(&context, request, &response);
  };
  for (int i = 0; i < 20; ++i) EXPECT_THAT(ask(2000), IsOkRpc()) << "memory leaked";
  EXPECT_THAT(ask(10'000),
              RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED, HasSubstr("bytes of memory")));
}

TEST_F(MessageLimitsTest, GivesUpAStreamWhoseAnswersNobodyReads) {
  config_.transport.max_send_stall = absl::Seconds(1);
  Start();
  grpc::ClientContext context;
  const auto stream = detector_->ScoreStream(&context);
  const v1::ScoreRequest request = Request(50'000);
  while (stream->Write(request)) {
  }
  for (v1::ScoreResponse response; stream->Read(&response);) {
  }
  EXPECT_THAT(stream->Finish(),
              RpcFailsWith(grpc::StatusCode::CANCELLED, HasSubstr("does not read the answer")));
}

TEST_F(MessageLimitsTest, EstimatesNoLessThanAnAnswerTakes) {
  Start();
  for (const uint32_t top_features : {0u, 1u, 3u}) {
    grpc::ClientContext context, model_context;
    v1::ScoreResponse response;
    ASSERT_THAT(detector_->Score(&context, Request(500, top_features), &response), IsOkRpc());
    v1::GetModelRequest request;
    request.set_model("pump");
    v1::GetModelResponse model;
    ASSERT_THAT(registry_->GetModel(&model_context, request, &model), IsOkRpc());
    const AnswerSize size = AnswerSizeOf(model.versions(0), 500, {.top_features = top_features});
    EXPECT_GE(size.sent, response.ByteSizeLong());
    EXPECT_LE(size.sent, 2 * response.ByteSizeLong() + 1024);
    EXPECT_GE(size.held, response.SpaceUsedLong() + response.ByteSizeLong());
    EXPECT_LE(size.held, 3 * (response.SpaceUsedLong() + response.ByteSizeLong()) + 1024);
  }
}

TEST_F(MessageLimitsTest, EstimatesNoLessThanNearestRowsTake) {
  Publish("memory", /*seed=*/1, /*memory_rows=*/20);
  Start();
  for (const uint32_t nearest_rows : {1u, 4u, 19u}) {
    grpc::ClientContext context;
    v1::ScoreRequest request = Request(500, 0);
    request.set_model("memory");
    request.set_nearest_rows(nearest_rows);
    v1::ScoreResponse response;
    ASSERT_THAT(detector_->Score(&context, request, &response), IsOkRpc());
    const AnswerSize size = AnswerSizeOf({}, 500, {.nearest_rows = nearest_rows});
    EXPECT_GE(size.sent, response.ByteSizeLong());
    EXPECT_LE(size.sent, 2 * response.ByteSizeLong() + 1024);
    EXPECT_GE(size.held, response.SpaceUsedLong() + response.ByteSizeLong());
    EXPECT_LE(size.held, 3 * (response.SpaceUsedLong() + response.ByteSizeLong()) + 1024);
  }
}

}  // namespace
}  // namespace advae
