// What callers may use at once and over time, and that they get it back.

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "model/access/token.h"
#include "model/access/token_file.h"
#include "model/base/status_macros.h"
#include "tests/server/services/service_test.h"

namespace advae::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class QuotaTest : public ServiceTest {
 protected:
  void SetUp() override {
    ServiceTest::SetUp();
    ASSERT_NO_FATAL_FAILURE(Publish("pump"));
    config_.security.tokens = folder_.path() / "tokens.json";
    config_.security.quotas = folder_.path() / "quotas.json";
    token_ = Give("plant");
    other_token_ = Give("other");
  }

  // Starts the server with these members of the quota of "plant".
  void StartWith(const std::string& members) {
    std::ofstream(config_.security.quotas)
        << R"({"quotas": [{"name": "plant", )" << members << "}]}";
    StartServer();
  }

  std::string Give(const std::string& name, Role role = Role::kTrainer) {
    std::string token;
    EXPECT_THAT(EditTokenFile(config_.security.tokens,
                              [&](std::vector<Grant>& grants) -> absl::Status {
                                grants.push_back({.name = name, .role = role});
                                ADVAE_ASSIGN_OR_RETURN(token, MakeToken(grants.back()));
                                return absl::OkStatus();
                              }),
                IsOk());
    return token;
  }

  // The context of a call by "plant", or by whom the token is.
  class Context : public grpc::ClientContext {
   public:
    explicit Context(const std::string& token) {
      AddMetadata("authorization", "Bearer " + token);
      set_wait_for_ready(true);
    }
  };

  grpc::Status Score(size_t rows, const std::string& token, std::string* details = nullptr) {
    Context context(token);
    v1::ScoreResponse response;
    const grpc::Status status = detector_->Score(&context, ScoreRequestOf("pump", rows), &response);
    if (details != nullptr) *details = status.error_details();
    return status;
  }
  // A stream that is let in, as one request of it was answered.
  auto OpenStream(Context& context) {
    auto stream = detector_->ScoreStream(&context);
    v1::ScoreResponse response;
    EXPECT_TRUE(stream->Write(ScoreRequestOf("pump", 1)) && stream->Read(&response));
    return stream;
  }
  grpc::Status List(const std::string& token) {
    Context context(token);
    v1::ListModelsResponse response;
    return registry_->ListModels(&context, {}, &response);
  }
  bool IsTraining(const std::string& model) {
    Context context(other_token_);
    v1::GetModelRequest request;
    request.set_model(model);
    v1::GetModelResponse response;
    EXPECT_THAT(registry_->GetModel(&context, request, &response), IsOkRpc());
    return response.summary().training();
  }
  // A training; gives the version if there is one.
  grpc::Status Train(const std::string& model, const std::string& token,
                     v1::VersionInfo* version = nullptr, std::string* details = nullptr) {
    Context context(token);
    const auto training = detector_->Train(&context);
    v1::TrainRequest request;
    request.mutable_spec()->set_model(model);
    training->Write(request);
    *request.mutable_rows() = ToProto(RandomRows(30, 3, 1));
    training->Write(request);
    training->WritesDone();
    v1::TrainResponse response;
    while (training->Read(&response)) {
      if (response.has_finished() && version != nullptr) *version = response.finished().version();
    }
    const grpc::Status status = training->Finish();
    if (details != nullptr) *details = status.error_details();
    return status;
  }
  // Repeats `call` until it is let in: what a cancelled call held comes back on other threads.
  template <typename Call>
  static grpc::Status Retried(Call call) {
    grpc::Status status = call();
    while (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) status = call();
    return status;
  }

  std::string token_;
  std::string other_token_;
};

TEST_F(QuotaTest, CallsThatFollowOneAnotherAreOneAtATime) {
  ASSERT_NO_FATAL_FAILURE(StartWith(R"("calls": 1)"));
  for (int i = 0; i < 300; ++i) {
    ASSERT_THAT(Score(1, token_), IsOkRpc());
    ASSERT_THAT(List(token_), IsOkRpc());
  }
}

TEST_F(QuotaTest, AStreamIsACallUntilItEnds) {
  ASSERT_NO_FATAL_FAILURE(StartWith(R"("calls": 1, "streams": 1)"));
  {
    Context context(token_);
    const auto stream = OpenStream(context);
    EXPECT_THAT(Score(1, token_), RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED,
                                               AllOf(HasSubstr("\"plant\" has 1 open calls"),
                                                     HasSubstr("its quota calls is 1"))));
    EXPECT_THAT(Score(1, other_token_), IsOkRpc());
    stream->WritesDone();
    v1::ScoreResponse response;
    EXPECT_FALSE(stream->Read(&response));
    EXPECT_THAT(stream->Finish(), IsOkRpc());
  }
  EXPECT_THAT(Score(1, token_), IsOkRpc());
}

TEST_F(QuotaTest, ACancelledStreamGivesBackWhatItHeld) {
  ASSERT_NO_FATAL_FAILURE(StartWith(R"("streams": 1)"));
  const auto open = [this](Context& context) {
    const auto stream = detector_->ScoreStream(&context);
    stream->WritesDone();
    v1::ScoreResponse response;
    stream->Read(&response);
    return stream->Finish();
  };
  for (int i = 0; i < 10; ++i) {
    Context held(token_);
    const auto stream = OpenStream(held);
    Context context(token_);
    EXPECT_THAT(open(context), RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED,
                                            HasSubstr("its quota streams is 1")));
    held.TryCancel();
    stream->Finish();
    EXPECT_THAT(Retried([&] {
                  Context next(token_);
                  return open(next);
                }),
                IsOkRpc());
  }
}

TEST_F(QuotaTest, RowsBeyondTheirRateAreRefusedWithDetails) {
  ASSERT_NO_FATAL_FAILURE(StartWith(R"("rows_per_second": 1)"));
  EXPECT_THAT(Score(1000, token_), IsOkRpc());
  std::string details;
  EXPECT_THAT(Score(1, token_, &details),
              RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED,
                           HasSubstr("\"plant\" has sent more rows than its quota rows_per_second "
                                     "of 1")));
  EXPECT_THAT(Score(1000, other_token_), IsOkRpc());

  google::rpc::Status status;
  ASSERT_TRUE(status.ParseFromString(details));
  ASSERT_EQ(status.details_size(), 2);
  google::rpc::RetryInfo retry;
  ASSERT_TRUE(status.details(0).UnpackTo(&retry));
  EXPECT_GT(retry.retry_delay().seconds(), 900);
  EXPECT_LE(retry.retry_delay().seconds(), 999);
  google::rpc::QuotaFailure failure;
  ASSERT_TRUE(status.details(1).UnpackTo(&failure));
  EXPECT_EQ(failure.violations(0).subject(), "identity:plant quota:rows_per_second");
}

TEST_F(QuotaTest, RowsThatTheServerRefusesAreNotCounted) {
  config_.batching.max_queued_rows = 10;
  ASSERT_NO_FATAL_FAILURE(StartWith(R"("rows_per_second": 1)"));
  EXPECT_THAT(Score(11, token_), RpcFailsWith(grpc::StatusCode::INVALID_ARGUMENT, HasSubstr("11")));
  config_.batching = {};
  // Refused after they were taken.
  Context context(token_);
  v1::ScoreRequest request = ScoreRequestOf("pump", 10);
  request.set_alpha(2);
  v1::ScoreResponse response;
  EXPECT_EQ(detector_->Score(&context, request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(Score(1, token_), IsOkRpc());
}

TEST_F(QuotaTest, ATrainingCountsUntilNothingIsLeftOfIt) {
  config_.jobs.max_jobs = 8;
  ASSERT_NO_FATAL_FAILURE(StartWith(R"("trainings": 1)"));
  Context held(token_);
  const auto training = detector_->Train(&held);
  v1::TrainRequest spec;
  spec.mutable_spec()->set_model("pump");
  ASSERT_TRUE(training->Write(spec));
  // The spec is read on another thread.
  while (!IsTraining("pump")) continue;
  const auto try_another = [&] {
    Context context(token_);
    const auto another = detector_->Train(&context);
    spec.mutable_spec()->set_model("another");
    another->Write(spec);
    another->WritesDone();
    v1::TrainResponse response;
    while (another->Read(&response)) continue;
    return another->Finish();
  };
  EXPECT_THAT(try_another(), RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED,
                                          AllOf(HasSubstr("\"plant\" has 1 trainings and imports"),
                                                HasSubstr("its quota trainings is 1"))));
  EXPECT_THAT(Score(1, token_), IsOkRpc());
  held.TryCancel();
  training->Finish();
  // Without rows.
  EXPECT_EQ(Retried(try_another).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(QuotaTest, AVersionSaysWhoMadeItAndWhoSetItsThreshold) {
  ASSERT_NO_FATAL_FAILURE(StartWith(R"("versions": 1)"));
  v1::VersionInfo version;
  ASSERT_THAT(Train("fan", token_, &version), IsOkRpc());
  EXPECT_EQ(version.created_by(), "plant");
  Context apply(other_token_);
  v1::ThresholdRequest threshold;
  threshold.set_model("fan");
  threshold.set_apply(true);
  v1::ThresholdResponse applied;
  ASSERT_THAT(detector_->Threshold(&apply, threshold, &applied), IsOkRpc());
  Context context(other_token_);
  v1::GetModelRequest request;
  request.set_model("fan");
  v1::GetModelResponse response;
  ASSERT_THAT(registry_->GetModel(&context, request, &response), IsOkRpc());
  EXPECT_EQ(response.versions(0).created_by(), "plant");
  EXPECT_EQ(response.versions(0).threshold_history().rbegin()->set_by(), "other");
}

TEST_F(QuotaTest, StoredVersionsAreRefusedUntilOneIsDeleted) {
  const std::string admin = Give("boss", Role::kAdmin);
  ASSERT_NO_FATAL_FAILURE(StartWith(R"("versions": 2)"));
  ASSERT_THAT(Train("pump", token_), IsOkRpc());
  ASSERT_THAT(Train("fan", token_), IsOkRpc());
  std::string details;
  EXPECT_THAT(
      Train("pump", token_, nullptr, &details),
      RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED,
                   HasSubstr("\"plant\" has 2 stored versions, and its quota versions is 2; "
                             "delete versions")));
  // Waiting would not help.
  google::rpc::Status status;
  ASSERT_TRUE(status.ParseFromString(details));
  ASSERT_EQ(status.details_size(), 1);
  google::rpc::QuotaFailure failure;
  ASSERT_TRUE(status.details(0).UnpackTo(&failure));
  EXPECT_EQ(failure.violations(0).subject(), "identity:plant quota:versions");
  EXPECT_THAT(Train("pump", other_token_), IsOkRpc());

  Context context(admin);
  v1::DeleteModelRequest request;
  request.set_model("fan");
  v1::DeleteModelResponse response;
  ASSERT_THAT(registry_->DeleteModel(&context, request, &response), IsOkRpc());
  EXPECT_THAT(Train("pump", token_), IsOkRpc());
  EXPECT_EQ(Train("pump", token_).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(QuotaTest, AnUploadCountsAsAVersion) {
  config_.jobs.max_jobs = 8;
  ASSERT_NO_FATAL_FAILURE(StartWith(R"("versions": 1)"));
  Context held(token_);
  const auto training = detector_->Train(&held);
  v1::TrainRequest spec;
  spec.mutable_spec()->set_model("pump");
  ASSERT_TRUE(training->Write(spec));
  while (!IsTraining("pump")) continue;
  EXPECT_THAT(Train("fan", token_),
              RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED,
                           HasSubstr("has 0 stored versions and 1 in the making")));
  held.TryCancel();
  training->Finish();
  EXPECT_THAT(Retried([&] { return Train("fan", token_); }), IsOkRpc());
}

TEST_F(QuotaTest, StoredBytesAreRefusedOnceThereAreAsMany) {
  ASSERT_NO_FATAL_FAILURE(StartWith(R"("bytes": 1)"));
  ASSERT_THAT(Train("fan", token_), IsOkRpc());
  EXPECT_THAT(Train("fan", token_), RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED,
                                                 AllOf(HasSubstr(" bytes of stored versions"),
                                                       HasSubstr("its quota bytes is 1"))));
  EXPECT_THAT(Train("fan", other_token_), IsOkRpc());
}

TEST_F(QuotaTest, HealthIsForThoseWhoHaveUsedUpTheRest) {
  config_.security.open_health = false;
  ASSERT_NO_FATAL_FAILURE(StartWith(R"("calls": 1)"));
  Context held(token_);
  const auto stream = OpenStream(held);
  const auto health = grpc::health::v1::Health::NewStub(
      grpc::CreateChannel(server_->grpc_address(), grpc::InsecureChannelCredentials()));
  Context context(token_);
  grpc::health::v1::HealthCheckResponse answer;
  EXPECT_THAT(health->Check(&context, {}, &answer), IsOkRpc());
  stream->WritesDone();
  stream->Finish();
}

}  // namespace
}  // namespace advae::testing
