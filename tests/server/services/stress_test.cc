// Many short calls of each kind that gRPC's threads share with others, some of them cancelled in
// the middle. What is used when it is gone shows with the presets asan and tsan. ADVAE_STRESS
// multiplies the number of calls.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "grpc/health/v1/health.grpc.pb.h"
#include "inference/inference.grpc.pb.h"
#include "tests/server/services/service_test.h"
#include "tests/testing/small_table.h"

namespace advae {
namespace {

using testing::IsOkRpc;
using testing::RandomRows;
using testing::ToProto;

using Random = std::mt19937;

int Times(int calls) {
  const char* const factor = std::getenv("ADVAE_STRESS");
  return calls * (factor == nullptr ? 1 : std::max(1, std::atoi(factor)));
}

constexpr auto kAnyAnswer = [](const auto& /*answer*/, uint32_t /*i*/) {};

// Ends the requests of a stream, of which there were so many, and gives `check(answer, i)` their
// answers.
template <typename Request, typename Response, typename Check>
void ExpectAnswers(grpc::ClientReaderWriter<Request, Response>& stream, uint32_t requests,
                   const Check& check) {
  stream.WritesDone();
  Response response;
  uint32_t answers = 0;
  while (stream.Read(&response)) check(response, answers++);
  EXPECT_THAT(stream.Finish(), IsOkRpc());
  EXPECT_EQ(answers, requests);
}

// Sends up to three requests, of `kinds` in turn, and reads the answers; or goes away before the
// first of them, or after it.
template <typename Request, typename Response, typename Check>
void Converse(Random& random, grpc::ClientContext& context,
              grpc::ClientReaderWriter<Request, Response>& stream,
              const std::vector<Request>& kinds, const Check& check) {
  const bool cancelled = random() % 4 == 0;
  const uint32_t requests = random() % 4;
  for (uint32_t i = 0; i < requests; ++i) stream.Write(kinds[i % kinds.size()]);
  if (!cancelled) return ExpectAnswers(stream, requests, check);
  Response response;
  if (requests > 0 && random() % 2 == 0) stream.Read(&response);
  context.TryCancel();
  stream.Finish();
}

class StressTest : public testing::ServiceTest {
 protected:
  void SetUp() override {
    ServiceTest::SetUp();
    Publish("pump");
    PublishBundle(*testing::PumpBundle("table"));
    // Nothing is scored by the thread that brings it: calls end on the batcher's threads.
    config_.batching.max_batch_delay = absl::Microseconds(1);
    config_.jobs.max_jobs = 4;
    StartServer();
  }

  // Calls `call` so many times from four threads.
  void Repeat(int times, const std::function<void(Random&)>& call) {
    std::vector<std::thread> clients;
    for (int i = 0; i < 4; ++i) {
      clients.emplace_back([&call, times, i] {
        Random random(i);
        for (int n = 0; n < times / 4; ++n) call(random);
      });
    }
    for (std::thread& client : clients) client.join();
  }

  void ExpectWell() {
    grpc::ClientContext context;
    v1::ScoreResponse response;
    EXPECT_THAT(detector_->Score(&context, request_, &response), IsOkRpc());
  }

  const v1::ScoreRequest request_ = testing::ScoreRequestOf("pump", 16);
};

TEST_F(StressTest, ScoreStreams) {
  const std::vector<v1::ScoreRequest> kinds = {request_};
  Repeat(Times(4000), [&](Random& random) {
    grpc::ClientContext context;
    const auto stream = detector_->ScoreStream(&context);
    Converse(random, context, *stream, kinds, kAnyAnswer);
  });
  ExpectWell();
}

// Their checks are done on another thread, and may be when the call has gone.
TEST_F(StressTest, ScoreStreamsOfLargeTables) {
  v1::ScoreRequest large;
  large.set_model("table");
  *large.mutable_table() = testing::PumpTable(1);
  *large.mutable_table()->add_columns() = testing::Strings("note", {std::string(200'000, 'x')});
  Repeat(Times(800), [&](Random& random) {
    grpc::ClientContext context;
    const auto stream = detector_->ScoreStream(&context);
    const uint32_t requests = 1 + random() % 3;
    for (uint32_t i = 0; i < requests; ++i) stream->Write(large);
    if (random() % 4 != 0) {
      context.TryCancel();
      stream->Finish();
      return;
    }
    ExpectAnswers(*stream, requests, kAnyAnswer);
  });
  ExpectWell();
}

// Some of their requests fail, and the streams go on.
TEST_F(StressTest, InferStreams) {
  const auto stub = inference::GRPCInferenceService::NewStub(
      grpc::CreateChannel(server_->grpc_address(), grpc::InsecureChannelCredentials()));
  inference::ModelInferRequest request;
  request.set_model_name("pump");
  auto& input = *request.add_inputs();
  input.set_name("rows");
  input.set_datatype("FP32");
  input.add_shape(16);
  input.add_shape(3);
  *input.mutable_contents()->mutable_fp32_contents() = request_.rows().values();
  std::vector<inference::ModelInferRequest> kinds = {request, request};
  kinds[1].set_model_name("fan");
  Repeat(Times(4000), [&](Random& random) {
    grpc::ClientContext context;
    const auto stream = stub->ModelStreamInfer(&context);
    Converse(random, context, *stream, kinds, [](const auto& response, uint32_t i) {
      EXPECT_EQ(response.error_message().empty(), i % 2 == 0);
    });
  });
  ExpectWell();
}

TEST_F(StressTest, ScoreStreamsThatFail) {
  Repeat(Times(1000), [this](Random& random) {
    grpc::ClientContext context;
    const auto stream = detector_->ScoreStream(&context);
    v1::ScoreRequest bad = request_;
    bad.set_model("fan");
    const uint32_t good = random() % 3;
    for (uint32_t i = 0; i < good; ++i) stream->Write(request_);
    stream->Write(bad);
    stream->Write(request_);
    v1::ScoreResponse response;
    uint32_t answers = 0;
    while (stream->Read(&response)) ++answers;
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::NOT_FOUND);
    EXPECT_EQ(answers, good);
  });
  ExpectWell();
}

TEST_F(StressTest, Scores) {
  Repeat(Times(1000), [this](Random& random) {
    grpc::ClientContext context;
    if (random() % 4 == 0) {
      context.set_deadline(std::chrono::system_clock::now() +
                           std::chrono::microseconds(random() % 1000));
    }
    v1::ScoreResponse response;
    detector_->Score(&context, request_, &response);
  });
  ExpectWell();
}

TEST_F(StressTest, Trainings) {
  Repeat(Times(48), [this](Random& random) {
    grpc::ClientContext context;
    const auto stream = detector_->Train(&context);
    v1::TrainRequest spec;
    spec.mutable_spec()->set_model(std::to_string(random()));
    v1::TrainRequest rows;
    *rows.mutable_rows() = ToProto(RandomRows(20, 3, 1));
    v1::TrainResponse response;
    const uint32_t cut = random() % 6;  // the step before which the client goes away
    if (cut > 0) stream->Write(spec);
    if (cut > 1) stream->Write(rows);
    if (cut > 2) stream->WritesDone();
    if (cut > 3) stream->Read(&response);
    if (cut < 5) context.TryCancel();
    while (stream->Read(&response)) continue;
    const grpc::Status status = stream->Finish();
    if (cut == 5 && status.error_code() != grpc::StatusCode::RESOURCE_EXHAUSTED) {
      EXPECT_THAT(status, IsOkRpc());
      EXPECT_TRUE(response.has_finished());
    }
  });
  ExpectWell();
}

TEST_F(StressTest, HealthWatchesUntilTheServerStops) {
  const auto health = grpc::health::v1::Health::NewStub(
      grpc::CreateChannel(server_->grpc_address(), grpc::InsecureChannelCredentials()));
  const auto watch = [&health](Random& random) {
    grpc::ClientContext context;
    const auto stream = health->Watch(&context, grpc::health::v1::HealthCheckRequest());
    grpc::health::v1::HealthCheckResponse response;
    if (random() % 2 == 0) stream->Read(&response);
    if (random() % 8 != 0) context.TryCancel();
    while (stream->Read(&response)) continue;  // the others last until the server stops
    stream->Finish();
  };
  std::thread clients([&] { Repeat(Times(400), watch); });
  server_.reset();
  clients.join();
}

}  // namespace
}  // namespace advae
