#include "client/client.h"

#include <google/protobuf/descriptor.h>

#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/fake_server.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::FakeServer;
using ::advae::testing::IsOk;
using ::advae::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr RetryPolicy kQuickRetries{.initial_backoff = absl::Milliseconds(1),
                                    .max_backoff = absl::Milliseconds(2)};

class ClientTest : public ::testing::Test {
 protected:
  // A client of the fake server.
  std::unique_ptr<Client> MakeClient(ClientOptions options = {}) {
    options.target = server_.address();
    options.retry = kQuickRetries;
    options.cancellation = &cancellation_;
    absl::StatusOr<std::unique_ptr<Client>> client = Client::Create(options);
    EXPECT_THAT(client, IsOk());
    return *std::move(client);
  }

  static v1::TrainSpec PumpSpec() {
    v1::TrainSpec spec;
    spec.set_model("pump");
    spec.set_seed(7);
    return spec;
  }

  static v1::ScoreRequest PumpRequest() {
    v1::ScoreRequest request;
    request.set_model("pump");
    return request;
  }

  // Two rows of two features.
  static RowSource TwoRows() { return RowsOf(kRows.view(), {"flow", "heat"}); }

  // One-row chunks with the scores 0, 1, ... `count` - 1.
  static RowSource CountingRows(int count) {
    return [count, next = 0](v1::Matrix& chunk) mutable -> absl::StatusOr<bool> {
      if (next == count) return false;
      chunk.set_columns(1);
      chunk.add_values(static_cast<float>(next++));
      return true;
    };
  }

  static inline const Matrix kRows{.values = {1, 2, 30, 4}, .columns = 2};

  // For handlers that wait; they outlive the server.
  absl::Notification started_;
  absl::Notification release_;
  Cancellation cancellation_;
  FakeServer server_;
};

TEST_F(ClientTest, TellsASourceThatWaitsThatItsCallHasEnded) {
  const auto refuse = [] { return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "refused"); };
  server_.detector.before_scoring = refuse;
  server_.detector.before_training = refuse;
  server_.registry.after_message = [refuse](size_t /*values*/) { return refuse(); };
  const auto client = MakeClient();
  const auto refused = StatusIs(absl::StatusCode::kResourceExhausted, "refused");
  // Gives no row until the call has ended.
  const auto with_waiting_rows = [](const auto& call) {
    absl::Notification ended;
    return call(
        [&ended](v1::Matrix&) -> absl::StatusOr<bool> {
          ended.WaitForNotification();
          return absl::DataLossError("told to give up");
        },
        [&ended] { ended.Notify(); });
  };
  EXPECT_THAT(with_waiting_rows([&](const RowSource& rows, const CallEnded& call_ended) {
                return client->Train(PumpSpec(), rows, nullptr, call_ended).status();
              }),
              refused);
  EXPECT_THAT(with_waiting_rows([&](const RowSource& rows, const CallEnded& call_ended) {
                const ScoreSink sink = [](const v1::ScoreResponse&) { return absl::OkStatus(); };
                return client->ScoreStream(PumpRequest(), rows, sink, call_ended);
              }),
              refused);
  EXPECT_THAT(with_waiting_rows([&](const RowSource& rows, const CallEnded& call_ended) {
                std::istringstream encoder("e");
                std::istringstream generator("g");
                return client
                    ->ImportVersion({}, {.encoder = &encoder, .generator = &generator}, rows,
                                    call_ended)
                    .status();
              }),
              refused);
}

TEST_F(ClientTest, TrainsAndReportsProgress) {
  std::vector<std::string> events;
  ASSERT_OK_AND_ASSIGN(
      const v1::VersionInfo version,
      MakeClient()->Train(PumpSpec(), TwoRows(), [&](const v1::TrainResponse& event) {
        events.push_back(event.has_accepted()
                             ? "accepted"
                             : "epoch " + std::to_string(event.progress().epoch()));
      }));
  EXPECT_EQ(version.version(), 3u);
  EXPECT_THAT(events, ElementsAre("accepted", "epoch 1", "epoch 2"));
  const testing::Upload upload = server_.detector.upload();
  EXPECT_EQ(upload.train_spec.seed(), 7u);
  EXPECT_THAT(upload.feature_names, ElementsAre("flow", "heat"));
  EXPECT_THAT(upload.values, ElementsAre(1, 2, 30, 4));
}

TEST_F(ClientTest, TrainsWithoutAnObserver) {
  EXPECT_THAT(MakeClient()->Train(PumpSpec(), TwoRows()), IsOk());
}

TEST_F(ClientTest, TrainReturnsTheServersError) {
  server_.detector.after_accepted = [] {
    return grpc::Status(grpc::StatusCode::INTERNAL, "the training process was killed");
  };
  EXPECT_THAT(MakeClient()->Train(PumpSpec(), TwoRows()),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("was killed")));
}

TEST_F(ClientTest, TrainStopsSendingRowsThatTheServerDoesNotWant) {
  server_.detector.before_training = [] {
    return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "a training is running");
  };
  const RowSource endless = [](v1::Matrix& chunk) -> absl::StatusOr<bool> {
    AssignRows(kRows.view(), chunk);
    return true;
  };
  EXPECT_THAT(MakeClient()->Train(PumpSpec(), endless),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("is running")));
}

TEST_F(ClientTest, TrainReturnsTheSourcesError) {
  const RowSource broken = [](v1::Matrix&) -> absl::StatusOr<bool> {
    return absl::DataLossError("disk failure");
  };
  EXPECT_THAT(MakeClient()->Train(PumpSpec(), broken),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("disk failure")));
}

TEST_F(ClientTest, TrainCanBeCancelledHalfWay) {
  server_.detector.after_accepted = [&] {
    release_.WaitForNotification();
    return grpc::Status::OK;
  };
  EXPECT_THAT(MakeClient()->Train(PumpSpec(), TwoRows(),
                                  [&](const v1::TrainResponse&) { cancellation_.Cancel(); }),
              StatusIs(absl::StatusCode::kCancelled, HasSubstr("")));
  release_.Notify();
}

TEST_F(ClientTest, CancellationComesFromAnyThreadAndLasts) {
  server_.detector.before_scoring = [&] {
    started_.Notify();
    release_.WaitForNotification();
    return grpc::Status::OK;
  };
  std::thread canceller([&] {
    started_.WaitForNotification();
    cancellation_.Cancel();
  });
  const std::unique_ptr<Client> client = MakeClient();
  v1::ScoreRequest request = PumpRequest();
  AssignRows(kRows.view(), *request.mutable_rows());
  EXPECT_THAT(client->Score(request), StatusIs(absl::StatusCode::kCancelled, HasSubstr("")));
  canceller.join();
  release_.Notify();
  EXPECT_THAT(client->ListModels(), StatusIs(absl::StatusCode::kCancelled, HasSubstr("")));
}

TEST_F(ClientTest, TrainingWithoutAVersionIsAnInternalError) {
  server_.detector.version_withheld = true;
  EXPECT_THAT(MakeClient()->Train(PumpSpec(), TwoRows()),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("without a version")));
}

TEST_F(ClientTest, Scores) {
  v1::ScoreRequest request = PumpRequest();
  AssignRows(kRows.view(), *request.mutable_rows());
  ASSERT_OK_AND_ASSIGN(const v1::ScoreResponse response, MakeClient()->Score(request));
  EXPECT_THAT(response.scores(), ElementsAre(3, 34));
  EXPECT_THAT(response.anomalies(), ElementsAre(false, true));
}

TEST_F(ClientTest, ScoreStreamKeepsTheOrder) {
  constexpr int kChunks = 500;
  std::vector<double> scores;
  EXPECT_THAT(MakeClient()->ScoreStream(PumpRequest(), CountingRows(kChunks),
                                        [&](const v1::ScoreResponse& response) {
                                          scores.push_back(response.scores(0));
                                          return absl::OkStatus();
                                        }),
              IsOk());
  ASSERT_EQ(scores.size(), static_cast<size_t>(kChunks));
  for (int i = 0; i < kChunks; ++i) EXPECT_EQ(scores[i], i);
}

TEST_F(ClientTest, ScoreStreamCarriesMoreThanTheFlowControlWindows) {
  // Both directions have far more to say than gRPC buffers.
  const Matrix rows{.values = std::vector<float>(size_t{2} << 20, 0.5f), .columns = 1};
  size_t scored = 0;
  EXPECT_THAT(MakeClient()->ScoreStream(PumpRequest(), RowsOf(rows.view()),
                                        [&](const v1::ScoreResponse& response) {
                                          scored += response.scores_size();
                                          return absl::OkStatus();
                                        }),
              IsOk());
  EXPECT_EQ(scored, rows.rows());
}

TEST_F(ClientTest, ScoreStreamOfNothingIsFine) {
  EXPECT_THAT(MakeClient()->ScoreStream(PumpRequest(), CountingRows(0),
                                        [](const v1::ScoreResponse&) { return absl::OkStatus(); }),
              IsOk());
}

TEST_F(ClientTest, ScoreStreamReturnsTheSourcesErrorAfterTheRowsBeforeIt) {
  const RowSource broken = [count = 0](v1::Matrix& chunk) mutable -> absl::StatusOr<bool> {
    if (count++ == 3) return absl::DataLossError("disk failure");
    AssignRows(kRows.view(), chunk);
    return true;
  };
  int responses = 0;
  EXPECT_THAT(MakeClient()->ScoreStream(PumpRequest(), broken,
                                        [&](const v1::ScoreResponse&) {
                                          ++responses;
                                          return absl::OkStatus();
                                        }),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("disk failure")));
  EXPECT_EQ(responses, 3);
}

TEST_F(ClientTest, ScoreStreamReturnsTheSinksErrorAfterCancelling) {
  int responses = 0;
  EXPECT_THAT(MakeClient()->ScoreStream(PumpRequest(), CountingRows(1'000'000),
                                        [&](const v1::ScoreResponse&) {
                                          ++responses;
                                          return absl::ResourceExhaustedError("disk full");
                                        }),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("disk full")));
  EXPECT_EQ(responses, 1);
}

TEST_F(ClientTest, ScoreStreamReturnsTheServersError) {
  server_.detector.before_scoring = [] {
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such model");
  };
  EXPECT_THAT(MakeClient()->ScoreStream(PumpRequest(), CountingRows(1'000'000),
                                        [](const v1::ScoreResponse&) { return absl::OkStatus(); }),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no such model")));
}

TEST_F(ClientTest, MissingResponsesAreAnInternalError) {
  server_.detector.responses_withheld = 1;
  EXPECT_THAT(MakeClient()->ScoreStream(PumpRequest(), CountingRows(3),
                                        [](const v1::ScoreResponse&) { return absl::OkStatus(); }),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("answered 2 of 3")));
}

TEST_F(ClientTest, ResponsesOfTheWrongShapeAreAnInternalError) {
  server_.detector.distort_score = [](v1::ScoreResponse& response) { response.clear_p_values(); };
  EXPECT_THAT(MakeClient()->ScoreStream(PumpRequest(), CountingRows(3),
                                        [](const v1::ScoreResponse&) { return absl::OkStatus(); }),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("1 scores but 0 p-values")));
}

TEST_F(ClientTest, GetsThresholds) {
  v1::ThresholdRequest request;
  request.set_model("pump");
  request.set_alpha(0.05);
  ASSERT_OK_AND_ASSIGN(const v1::ThresholdResponse response, MakeClient()->Threshold(request));
  EXPECT_EQ(response.alpha(), 0.05);
  EXPECT_EQ(response.threshold(), 10);
}

TEST_F(ClientTest, LooksAfterModels) {
  const std::unique_ptr<Client> client = MakeClient();
  ASSERT_OK_AND_ASSIGN(const v1::ListModelsResponse models, client->ListModels());
  ASSERT_EQ(models.models_size(), 1);
  EXPECT_EQ(models.models(0).model(), "pump");
  ASSERT_OK_AND_ASSIGN(const v1::GetModelResponse model, client->GetModel("pump"));
  EXPECT_EQ(model.versions_size(), 2);
  ASSERT_OK_AND_ASSIGN(const v1::ModelSummary serving, client->SetServingVersion("pump", 1));
  EXPECT_EQ(serving.serving_version(), 1u);
  ASSERT_OK_AND_ASSIGN(const v1::DeleteVersionResponse deleted, client->DeleteVersion("pump", 2));
  EXPECT_THAT(deleted.summary().versions(), ElementsAre(1));
  EXPECT_TRUE(deleted.has_expire_time());
  ASSERT_OK_AND_ASSIGN(const v1::ListDeletedResponse kept, client->ListDeleted());
  EXPECT_EQ(kept.versions_size(), 1);
  EXPECT_EQ(client->ListDeleted("fan")->versions_size(), 0);
  ASSERT_OK_AND_ASSIGN(const v1::UndeleteResponse restored, client->Undelete("pump"));
  EXPECT_THAT(restored.restored_versions(), ElementsAre(3));
  EXPECT_THAT(client->Undelete("pump", 4), StatusIs(absl::StatusCode::kNotFound, HasSubstr("")));
  ASSERT_OK_AND_ASSIGN(const v1::DeleteModelResponse gone, client->DeleteModel("pump", true));
  EXPECT_FALSE(gone.has_expire_time());
  EXPECT_FALSE(server_.registry.has_model("pump"));
  EXPECT_THAT(client->GetModel("pump"), StatusIs(absl::StatusCode::kNotFound, HasSubstr("pump")));
}

TEST_F(ClientTest, ImportsFilesOfAnySize) {
  std::string weights(700'000, 'e');
  weights[123'456] = '\0';
  std::istringstream encoder(weights);
  std::istringstream generator("g");
  v1::ImportSpec spec;
  spec.set_model("pump");
  ASSERT_OK_AND_ASSIGN(
      const v1::VersionInfo version,
      MakeClient()->ImportVersion(spec, {.encoder = &encoder, .generator = &generator}, TwoRows()));
  EXPECT_EQ(version.version(), 3u);
  const testing::Upload upload = server_.registry.upload();
  EXPECT_EQ(upload.import_spec.model(), "pump");
  EXPECT_EQ(upload.encoder, weights);
  EXPECT_EQ(upload.generator, "g");
  EXPECT_THAT(upload.values, ElementsAre(1, 2, 30, 4));
}

TEST_F(ClientTest, ImportOfAnUnreadableFileFails) {
  std::istringstream encoder("e");
  encoder.setstate(std::ios::badbit);
  std::istringstream generator("g");
  EXPECT_THAT(
      MakeClient()->ImportVersion({}, {.encoder = &encoder, .generator = &generator}, TwoRows()),
      StatusIs(absl::StatusCode::kDataLoss, HasSubstr("weights")));
}

TEST_F(ClientTest, AsksForHealth) {
  const std::unique_ptr<Client> client = MakeClient();
  ASSERT_OK_AND_ASSIGN(const bool ready, client->IsServing());
  EXPECT_TRUE(ready);
  server_.SetServing(false);
  ASSERT_OK_AND_ASSIGN(const bool still_ready, client->IsServing("advae.v1.AnomalyDetector"));
  EXPECT_FALSE(still_ready);
  EXPECT_THAT(client->IsServing("none"), StatusIs(absl::StatusCode::kNotFound, HasSubstr("")));
}

TEST_F(ClientTest, RetriesLargeRequests) {
  server_.failures.FailNext(2, grpc::Status(grpc::StatusCode::UNAVAILABLE, "busy"));
  v1::ScoreRequest request = PumpRequest();
  const Matrix rows{.values = std::vector<float>(500'000, 0), .columns = 1};
  AssignRows(rows.view(), *request.mutable_rows());
  EXPECT_THAT(MakeClient()->Score(request), IsOk());
}

TEST_F(ClientTest, GivesUpAfterTheLastAttempt) {
  server_.failures.FailNext(100, grpc::Status(grpc::StatusCode::UNAVAILABLE, "draining"));
  EXPECT_THAT(MakeClient()->ListModels(),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("draining")));
  EXPECT_EQ(server_.failures.calls(), kQuickRetries.max_attempts);
}

// How often a unary method is tried whose first two tries fail: what only reads until it succeeds,
// what can change something once, as it may have been done.
TEST_F(ClientTest, RepeatsWhatOnlyReads) {
  const std::unique_ptr<Client> client = MakeClient();
  v1::ScoreRequest rows = PumpRequest();
  AssignRows(kRows.view(), *rows.mutable_rows());
  v1::ThresholdRequest threshold;
  threshold.set_model("pump");
  const std::map<std::string, std::pair<int, std::function<absl::Status()>>> methods = {
      {"Score", {3, [&] { return client->Score(rows).status(); }}},
      {"Threshold", {1, [&] { return client->Threshold(threshold).status(); }}},
      {"ListModels", {3, [&] { return client->ListModels().status(); }}},
      {"GetModel", {3, [&] { return client->GetModel("pump").status(); }}},
      {"SetServingVersion", {1, [&] { return client->SetServingVersion("pump", 1).status(); }}},
      {"DeleteVersion", {1, [&] { return client->DeleteVersion("pump", 1).status(); }}},
      {"DeleteModel", {1, [&] { return client->DeleteModel("pump").status(); }}},
      {"Undelete", {1, [&] { return client->Undelete("pump", 3).status(); }}},
      {"ListDeleted", {3, [&] { return client->ListDeleted().status(); }}},
      {"RepositoryIndex", {3, [&] { return client->RepositoryIndex().status(); }}},
  };
  std::vector<std::string> names = {"RepositoryIndex"};
  for (const char* const service : {"advae.v1.AnomalyDetector", "advae.v1.ModelRegistry"}) {
    const auto* const descriptor =
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(service);
    ASSERT_NE(descriptor, nullptr);
    for (int i = 0; i < descriptor->method_count(); ++i) {
      const auto* const method = descriptor->method(i);
      if (!method->client_streaming()) names.push_back(method->name());
    }
  }
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(methods.contains(name));
    const auto& [tries, call] = methods.at(name);
    for (const auto code : {grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::RESOURCE_EXHAUSTED,
                            grpc::StatusCode::CANCELLED}) {
      const int calls = server_.failures.calls();
      server_.failures.FailNext(2, grpc::Status(code, "busy"));
      const absl::Status status = call();
      EXPECT_EQ(server_.failures.calls() - calls, tries);
      EXPECT_EQ(status.code(),
                tries == 3 ? absl::StatusCode::kOk : static_cast<absl::StatusCode>(code));
    }
  }
}

TEST_F(ClientTest, DoesNotRepeatWhatCannotSucceed) {
  server_.failures.FailNext(1, grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "bad name"));
  EXPECT_THAT(MakeClient()->GetModel("pump"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("bad name")));
  EXPECT_EQ(server_.failures.calls(), 1);
}

TEST_F(ClientTest, CallsEndAtTheirDeadline) {
  server_.detector.before_scoring = [&] {
    release_.WaitForNotification();
    return grpc::Status::OK;
  };
  const std::unique_ptr<Client> client =
      MakeClient({.timeout = absl::Milliseconds(20), .stream_timeout = absl::Milliseconds(20)});
  v1::ScoreRequest request = PumpRequest();
  AssignRows(kRows.view(), *request.mutable_rows());
  EXPECT_THAT(client->Score(request), StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("")));
  EXPECT_THAT(client->ScoreStream(PumpRequest(), CountingRows(1),
                                  [](const v1::ScoreResponse&) { return absl::OkStatus(); }),
              StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("")));
  release_.Notify();
}

TEST(Client, UnreachableServerIsUnavailable) {
  ASSERT_OK_AND_ASSIGN(
      const std::unique_ptr<Client> client,
      Client::Create({.target = "unix:/nonexistent/advae.sock", .retry = kQuickRetries}));
  EXPECT_THAT(client->ListModels(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("")));
}

TEST(Client, BadOptionsAreRefused) {
  EXPECT_THAT(Client::Create({}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("expected HOST:PORT")));
  EXPECT_THAT(Client::Create({.target = "127.0.0.1:1", .retry = {.max_attempts = 9}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("max_attempts")));
}

}  // namespace
}  // namespace advae
