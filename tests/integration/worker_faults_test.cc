// Trainings whose worker, client or server goes away.

#include "absl/strings/str_cat.h"
#include "tests/integration/harness/eventually.h"
#include "tests/integration/harness/server_test.h"

namespace advae::testing {
namespace {

using ::testing::HasSubstr;

v1::TrainRequest TinyRows() { return RowsOf(RandomRows(20, 3, 1)); }

// An open training that does not end by itself.
class EndlessTraining {
 public:
  explicit EndlessTraining(v1::AnomalyDetector::Stub& detector, absl::Duration limit = kLimit)
      : context_(limit), stream_(detector.Train(&context_)) {
    v1::TrainRequest spec = TinySpecOf("pump");
    spec.mutable_spec()->mutable_hyperparameters()->set_epochs(1'000'000);
    stream_->Write(spec);
    stream_->Write(TinyRows());
    stream_->WritesDone();
  }

  // True once the worker is at work.
  bool WaitForStart() {
    v1::TrainResponse response;
    return stream_->Read(&response) && response.has_accepted();
  }
  void Cancel() { context_.TryCancel(); }
  grpc::Status Finish() {
    for (v1::TrainResponse ignored; stream_->Read(&ignored);) {
    }
    return stream_->Finish();
  }

 private:
  CallContext context_;
  const std::unique_ptr<grpc::ClientReaderWriter<v1::TrainRequest, v1::TrainResponse>> stream_;
};

class WorkerFaultsTest : public ServerTest {
 protected:
  void Start(const std::vector<std::string>& flags = {}) {
    ASSERT_NO_FATAL_FAILURE(Publish("pump"));
    ASSERT_NO_FATAL_FAILURE(StartServer(flags));
    training_ = std::make_unique<EndlessTraining>(server().detector());
    ASSERT_TRUE(training_->WaitForStart()) << server().process().errors();
    ASSERT_EQ(server().process().Children().size(), 1);
    worker_ = server().process().Children().front();
  }

  EndlessTraining& training() { return *training_; }
  pid_t worker() const { return worker_; }

  // The training has left nothing behind, version 1 still serves, and the model can be trained.
  void ExpectRecovered() {
    EXPECT_TRUE(
        Eventually([this] { return std::filesystem::is_empty(repository() / ".staging"); }));
    v1::ScoreResponse response;
    EXPECT_THAT(Score(ScoreRequestOf("pump", RandomRows(1, 3, 1)), response), IsOkRpc());
    EXPECT_EQ(response.version(), 1);
    const auto again = Train(server().detector(), {TinySpecOf("pump"), TinyRows()});
    EXPECT_THAT(again.status, IsOkRpc());
    ASSERT_FALSE(again.responses.empty());
    EXPECT_EQ(again.responses.back().finished().version().version(), 2);
  }

 private:
  std::unique_ptr<EndlessTraining> training_;
  pid_t worker_ = 0;
};

TEST_F(WorkerFaultsTest, AKilledWorkerIsAFailedTrainingAndNothingMore) {
  ASSERT_NO_FATAL_FAILURE(Start());
  kill(worker(), SIGKILL);
  EXPECT_THAT(training().Finish(),
              RpcFailsWith(grpc::StatusCode::INTERNAL,
                           HasSubstr("the training process was killed by signal 9 (Killed); the "
                                     "machine may have run out of memory")));
  ASSERT_OK_AND_ASSIGN(const MetricsPage page, server().Metrics());
  EXPECT_EQ(page.Value("advae_jobs_running"), 0);
  EXPECT_EQ(page.Value("advae_jobs_total{kind=\"training\",outcome=\"failed\"}"), 1);
  ExpectRecovered();
}

TEST_F(WorkerFaultsTest, CancellingTheCallEndsTheWorker) {
  ASSERT_NO_FATAL_FAILURE(Start());
  training().Cancel();
  EXPECT_EQ(training().Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_THAT(WaitForEnd(worker()), IsOk());
  EXPECT_TRUE(Eventually([this] {
    const auto page = server().Metrics();
    return page.ok() &&
           page->Value("advae_jobs_total{kind=\"training\",outcome=\"cancelled\"}") == 1;
  }));
  ExpectRecovered();
}

TEST_F(WorkerFaultsTest, AnExpiredDeadlineEndsTheWorker) {
  ASSERT_NO_FATAL_FAILURE(StartServer());
  EndlessTraining training(server().detector(), absl::Seconds(8));
  ASSERT_TRUE(training.WaitForStart()) << server().process().errors();
  const std::vector<pid_t> workers = server().process().Children();
  ASSERT_EQ(workers.size(), 1);
  EXPECT_EQ(training.Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_THAT(WaitForEnd(workers.front()), IsOk());
}

TEST_F(WorkerFaultsTest, AKilledServerTakesTheWorkerAlong) {
  ASSERT_NO_FATAL_FAILURE(Start());
  server().process().Signal(SIGKILL);
  EXPECT_THAT(WaitForEnd(worker()), IsOk());
  EXPECT_FALSE(training().Finish().ok());
  EXPECT_FALSE(std::filesystem::is_empty(repository() / ".staging")) << "the rows are there still";
  ASSERT_NO_FATAL_FAILURE(StartServer());
  EXPECT_TRUE(std::filesystem::is_empty(repository() / ".staging"));
  v1::ScoreResponse response;
  EXPECT_THAT(Score(ScoreRequestOf("pump", RandomRows(1, 3, 1)), response), IsOkRpc());
}

TEST_F(WorkerFaultsTest, AStoppedServerEndsTheWorkerAfterTheDrainTimeout) {
  ASSERT_NO_FATAL_FAILURE(Start({"--drain_timeout=50ms"}));
  ASSERT_OK_AND_ASSIGN(const ProcessEnd end, server().Stop());
  EXPECT_EQ(end, Exited(0)) << server().process().errors();
  EXPECT_THAT(WaitForEnd(worker(), absl::ZeroDuration()), IsOk());
  EXPECT_FALSE(training().Finish().ok());
}

TEST_F(ServerTest, WithoutATrainerAServerOnlyScores) {
  ASSERT_NO_FATAL_FAILURE(Publish("pump"));
  ASSERT_NO_FATAL_FAILURE(StartServer({"--trainer=/nonexistent"}));
  const auto refused =
      RpcFailsWith(grpc::StatusCode::UNIMPLEMENTED,
                   HasSubstr("this server only scores: its trainer program nonexistent is not"));
  EXPECT_THAT(Train(server().detector(), {TinySpecOf("pump"), TinyRows()}).status, refused);
  v1::ImportVersionRequest spec;
  spec.mutable_spec()->set_model("pump");
  v1::ImportVersionResponse imported;
  EXPECT_THAT(Import(server().registry(), {spec}, imported), refused);
  v1::ScoreResponse response;
  EXPECT_THAT(Score(ScoreRequestOf("pump", RandomRows(1, 3, 1)), response), IsOkRpc());
}

TEST_F(ServerTest, ATrainerThatEndsWithoutAResultIsAFailedTraining) {
  ASSERT_NO_FATAL_FAILURE(StartServer({"--trainer=/bin/false"}));
  EXPECT_THAT(
      Train(server().detector(), {TinySpecOf("pump"), TinyRows()}).status,
      RpcFailsWith(grpc::StatusCode::INTERNAL,
                   HasSubstr("the training process ended with code 1 and without a result")));
}

}  // namespace
}  // namespace advae::testing
