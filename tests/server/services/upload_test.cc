// Uploads that stop, that never end, and whose files cannot be written, over a real connection.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "tests/server/services/service_test.h"
#include "tests/testing/hanging_volume.h"

namespace advae {
namespace {

using testing::HangingVolume;
using ::testing::HasSubstr;
using testing::IsOkRpc;
using testing::RandomRows;
using testing::RpcFailsWith;
using testing::ToProto;

constexpr auto kLate = grpc::StatusCode::DEADLINE_EXCEEDED;
constexpr absl::Duration kPatience = absl::Minutes(1);

v1::TrainRequest SpecFor(const std::string& model) {
  v1::TrainRequest request;
  request.mutable_spec()->set_model(model);
  return request;
}

v1::TrainRequest Rows() {
  v1::TrainRequest request;
  *request.mutable_rows() = ToProto(RandomRows(20, 3, 1));
  return request;
}

// A Train call that the test takes step by step.
class Training {
 public:
  explicit Training(v1::AnomalyDetector::Stub& detector) : stream_(detector.Train(&context_)) {}

  bool Write(const v1::TrainRequest& request) { return stream_->Write(request); }
  void WritesDone() { stream_->WritesDone(); }
  void Cancel() { context_.TryCancel(); }
  grpc::Status Finish() {
    for (v1::TrainResponse response; stream_->Read(&response);) continue;
    return stream_->Finish();
  }

 private:
  grpc::ClientContext context_;
  const std::unique_ptr<grpc::ClientReaderWriter<v1::TrainRequest, v1::TrainResponse>> stream_;
};

// An ImportVersion call, likewise.
class Importing {
 public:
  explicit Importing(v1::ModelRegistry::Stub& registry)
      : stream_(registry.ImportVersion(&context_, &response_)) {}

  void WriteSpec(const std::string& model) {
    v1::ImportVersionRequest request;
    request.mutable_spec()->set_model(model);
    stream_->Write(request);
  }
  void WriteEncoder() {
    v1::ImportVersionRequest request;
    request.set_encoder_chunk("weights");
    stream_->Write(request);
  }
  void Cancel() { context_.TryCancel(); }
  grpc::Status Finish() { return stream_->Finish(); }

 private:
  grpc::ClientContext context_;
  v1::ImportVersionResponse response_;
  const std::unique_ptr<grpc::ClientWriter<v1::ImportVersionRequest>> stream_;
};

class UploadTest : public testing::ServiceTest {
 protected:
  void SetUp() override {
    ServiceTest::SetUp();
    Publish("pump");
    config_.uploads.max_idle = absl::Hours(1);
    config_.uploads.max_time = absl::Hours(1);
  }

  grpc::Status Train(const std::string& model) {
    Training training(*detector_);
    training.Write(SpecFor(model));
    training.Write(Rows());
    training.WritesDone();
    return training.Finish();
  }

  // Trains as soon as there is a slot. What a cancelled call held is free a moment later.
  grpc::Status TrainOnceFree(const std::string& model) {
    const absl::Time end = absl::Now() + kPatience;
    for (;;) {
      grpc::Status status = Train(model);
      const bool busy = status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED ||
                        status.error_code() == grpc::StatusCode::FAILED_PRECONDITION;
      if (!busy || absl::Now() > end) return status;
    }
  }

  grpc::Status Score() {
    grpc::ClientContext context;
    v1::ScoreRequest request;
    request.set_model("pump");
    *request.mutable_rows() = ToProto(RandomRows(5, 3, 1));
    v1::ScoreResponse response;
    return detector_->Score(&context, request, &response);
  }

  grpc::Status CheckHealth() {
    grpc::ClientContext context;
    grpc::health::v1::HealthCheckResponse response;
    return grpc::health::v1::Health::NewStub(
               grpc::CreateChannel(server_->grpc_address(), grpc::InsecureChannelCredentials()))
        ->Check(&context, grpc::health::v1::HealthCheckRequest(), &response);
  }
};

TEST_F(UploadTest, SilentClientsLoseTheirSlots) {
  config_.uploads.max_idle = absl::Seconds(1);
  StartServer();
  Training first(*detector_);
  first.Write(SpecFor("first"));
  Importing second(*registry_);
  second.WriteSpec("second");
  Training without_spec(*detector_);
  const auto silent = RpcFailsWith(kLate, HasSubstr("no message of the upload has arrived for 1s"));
  EXPECT_THAT(first.Finish(), silent);
  EXPECT_THAT(second.Finish(), silent);
  EXPECT_THAT(without_spec.Finish(), silent);
  // Free before the client is told.
  EXPECT_THAT(Train("first"), IsOkRpc());
  EXPECT_THAT(Train("second"), IsOkRpc());
}

TEST_F(UploadTest, AnUploadThatGoesOnAndOnEnds) {
  config_.uploads.max_time = absl::Seconds(1);
  StartServer();
  Training training(*detector_);
  training.Write(SpecFor("endless"));
  while (training.Write(Rows())) continue;
  EXPECT_THAT(training.Finish(), RpcFailsWith(kLate, HasSubstr("not complete after 1s")));
}

// The limits are those of the upload: a training takes as long as it takes.
TEST_F(UploadTest, ATrainingMayTakeLongerThanItsUpload) {
  config_.uploads.max_time = absl::Seconds(2);
  StartServer();
  Training training(*detector_);
  training.Write(SpecFor("started-1"));
  training.Write(Rows());
  training.WritesDone();
  Training later(*detector_);
  later.Write(SpecFor("later"));
  EXPECT_THAT(later.Finish(), RpcFailsWith(kLate, HasSubstr("")));
  EXPECT_THAT(Train("started-1"), RpcFailsWith(grpc::StatusCode::FAILED_PRECONDITION,
                                               HasSubstr("has a running training")));
  training.Cancel();
  EXPECT_EQ(training.Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(UploadTest, CancelledUploadsFreeTheirSlots) {
  StartServer();
  Training first(*detector_);
  first.Write(SpecFor("first"));
  Training second(*detector_);
  second.Write(SpecFor("second"));
  second.Write(Rows());
  first.Cancel();
  second.Cancel();
  first.Finish();
  second.Finish();
  EXPECT_THAT(TrainOnceFree("first"), IsOkRpc());
  EXPECT_THAT(TrainOnceFree("second"), IsOkRpc());
}

TEST_F(UploadTest, AVolumeThatHangsStopsUploadsOnly) {
  StartServer();
  HangingVolume volume(config_.repository);
  std::vector<std::unique_ptr<Importing>> imports;
  for (const char* model : {"first", "second"}) {
    imports.push_back(std::make_unique<Importing>(*registry_));
    imports.back()->WriteSpec(model);
  }
  ASSERT_TRUE(volume.Hang(2));
  for (const auto& import : imports) import->WriteEncoder();

  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(Score(), IsOkRpc());
    EXPECT_THAT(CheckHealth(), IsOkRpc());
    EXPECT_THAT(Train("third"), RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED,
                                             HasSubstr("2 trainings or imports are running")));
  }
  // Those who wait for the volume can go.
  for (const auto& import : imports) {
    import->Cancel();
    EXPECT_EQ(import->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  volume.Recover();
  EXPECT_THAT(TrainOnceFree("third"), IsOkRpc());
  server_.reset();
  volume.Close();
}

}  // namespace
}  // namespace advae
