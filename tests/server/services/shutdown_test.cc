// The server's end while calls of all kinds are open.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grpc/health/v1/health.grpc.pb.h"
#include "tests/server/services/service_test.h"

namespace advae {
namespace {

using testing::RandomRows;
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
  v1::ScoreRequest request;
  request.set_model("pump");
  *request.mutable_rows() = ToProto(RandomRows(5, 3, 1));
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

// A cancelled stream ends at once; its rows, which still wait, go after it.
TEST_F(ShutdownTest, RowsThatWaitOutliveTheirCall) {
  Publish("pump");
  config_.drain_timeout = absl::ZeroDuration();
  config_.batching.max_batch_delay = absl::Seconds(10);
  StartServer();
  grpc::ClientContext context;
  const auto stream = detector_->ScoreStream(&context);
  v1::ScoreRequest request;
  request.set_model("pump");
  *request.mutable_rows() = ToProto(RandomRows(5, 3, 1));
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
