// The server's end while calls of all kinds are open.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/time/clock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "server/services/score_stream_call.h"
#include "tests/server/services/service_test.h"

namespace advae {
namespace {

using testing::RandomRows;
using testing::ScoreRequestOf;
using testing::ToProto;

class ShutdownTest : public testing::ServiceTest {};

TEST_F(ShutdownTest, CallsThatAreOpenEndAfterTheDrainTimeout) {
  Publish("pump");
  config_.drain_timeout = absl::Milliseconds(100);
  config_.jobs.max_jobs = 4;
  StartServer();
  grpc::ClientContext contexts[6];

  v1::TrainRequest rows;
  *rows.mutable_rows() = ToProto(RandomRows(20, 3, 1));
  v1::TrainRequest spec;
  spec.mutable_spec()->set_model("started-1");
  const auto training = detector_->Train(&contexts[0]);
  training->Write(spec);
  training->Write(rows);
  training->WritesDone();
  v1::TrainResponse accepted;
  ASSERT_TRUE(training->Read(&accepted));

  const auto without_spec = detector_->Train(&contexts[1]);
  const auto uploading = detector_->Train(&contexts[2]);
  spec.mutable_spec()->set_model("other");
  uploading->Write(spec);
  uploading->Write(rows);

  v1::ImportVersionResponse imported;
  const auto importing = registry_->ImportVersion(&contexts[3], &imported);
  v1::ImportVersionRequest import_spec;
  import_spec.mutable_spec()->set_model("third");
  importing->Write(import_spec);

  const auto stream = detector_->ScoreStream(&contexts[4]);
  const v1::ScoreRequest request = ScoreRequestOf("pump", 5);
  stream->Write(request);
  v1::ScoreResponse response;
  ASSERT_TRUE(stream->Read(&response));

  const auto health = grpc::health::v1::Health::NewStub(
      grpc::CreateChannel(server_->grpc_address(), grpc::InsecureChannelCredentials()));
  const auto watch = health->Watch(&contexts[5], grpc::health::v1::HealthCheckRequest());
  grpc::health::v1::HealthCheckResponse serving;
  ASSERT_TRUE(watch->Read(&serving));

  server_.reset();
  EXPECT_FALSE(training->Finish().ok());
  EXPECT_FALSE(without_spec->Finish().ok());
  EXPECT_FALSE(uploading->Finish().ok());
  EXPECT_FALSE(importing->Finish().ok());
  EXPECT_FALSE(stream->Finish().ok());
  while (watch->Read(&serving)) continue;
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(std::filesystem::is_empty(config_.repository / ".staging"));
}

// A client may keep a stream open for as long as it likes.
TEST_F(ShutdownTest, StreamsOfSilentClientsDoNotHoldItUp) {
  Publish("pump");
  config_.drain_timeout = absl::Hours(1);
  StartServer();
  grpc::ClientContext contexts[3];

  const auto stream = detector_->ScoreStream(&contexts[0]);
  const v1::ScoreRequest request = ScoreRequestOf("pump", 5);
  stream->Write(request);
  v1::ScoreResponse response;
  ASSERT_TRUE(stream->Read(&response));
  const auto without_request = detector_->ScoreStream(&contexts[1]);

  const auto reflection = grpc::reflection::v1alpha::ServerReflection::NewStub(
      grpc::CreateChannel(server_->grpc_address(), grpc::InsecureChannelCredentials()));
  const auto asking = reflection->ServerReflectionInfo(&contexts[2]);
  grpc::reflection::v1alpha::ServerReflectionRequest list;
  list.set_list_services("");
  asking->Write(list);
  grpc::reflection::v1alpha::ServerReflectionResponse services;
  ASSERT_TRUE(asking->Read(&services));

  server_.reset();  // within the test's time limit
  for (const auto& status : {stream->Finish(), without_request->Finish(), asking->Finish()}) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(status.error_message(), "the server is stopping");
  }
}

// What a client goes on sending is answered.
TEST_F(ShutdownTest, AStreamInUseGoesOnUntilItsClientIsDone) {
  Publish("pump");
  config_.drain_timeout = absl::Hours(1);
  StartServer();
  grpc::ClientContext context;
  const auto stream = detector_->ScoreStream(&context);
  const v1::ScoreRequest request = ScoreRequestOf("pump", 5);
  v1::ScoreResponse response;
  stream->Write(request);
  ASSERT_TRUE(stream->Read(&response));

  std::thread stop([this] { server_.reset(); });
  const absl::Time end = absl::Now() + 3 * ScoreStreamCall::kDrainSilence;
  bool answered = true;
  while (answered && absl::Now() < end)
    answered = stream->Write(request) && stream->Read(&response);
  EXPECT_TRUE(answered);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
  stop.join();
}

// A cancelled stream ends at once; its rows, which still wait, go after it.
TEST_F(ShutdownTest, RowsThatWaitOutliveTheirCall) {
  Publish("pump");
  config_.drain_timeout = absl::ZeroDuration();
  config_.batching.max_batch_delay = absl::Seconds(10);
  StartServer();
  grpc::ClientContext context;
  const auto stream = detector_->ScoreStream(&context);
  const v1::ScoreRequest request = ScoreRequestOf("pump", 5);
  stream->Write(request);
  stream->Write(request);
  // Answered after what the connection has brought before.
  grpc::ClientContext list_context;
  v1::ListModelsResponse models;
  EXPECT_TRUE(registry_->ListModels(&list_context, v1::ListModelsRequest(), &models).ok());

  server_.reset();
  EXPECT_FALSE(stream->Finish().ok());
}

}  // namespace
}  // namespace advae
