// How a server starts and stops.

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "inference/inference.grpc.pb.h"
#include "tests/integration/harness/eventually.h"
#include "tests/integration/harness/server_test.h"
#include "tests/testing/hanging_volume.h"

namespace advae::testing {
namespace {

using ::grpc::health::v1::HealthCheckResponse;
using ::testing::AllOf;
using ::testing::HasSubstr;

class LifecycleTest : public ServerTest {
 protected:
  // What a server says that does not start.
  std::string ErrorsOfRefusal(const std::vector<std::string>& arguments) {
    auto process = Process::Start({.program = ADVAE_SERVER_PROGRAM, .arguments = arguments});
    EXPECT_THAT(process, IsOk());
    if (!process.ok()) return "";
    const absl::StatusOr<ProcessEnd> end = (*process)->Wait();
    EXPECT_THAT(end, IsOk());
    EXPECT_EQ(end.value_or(ProcessEnd()), Exited(1));
    EXPECT_EQ((*process)->output(), "");
    return (*process)->errors();
  }
};

class StopSignalTest : public LifecycleTest, public ::testing::WithParamInterface<int> {};

TEST_P(StopSignalTest, EndsAnIdleServerWithCodeZero) {
  ASSERT_NO_FATAL_FAILURE(StartServer());
  ASSERT_OK_AND_ASSIGN(const ProcessEnd end, server().Stop(GetParam()));
  EXPECT_EQ(end, Exited(0)) << server().process().errors();
  EXPECT_THAT(server().process().errors(), AllOf(HasSubstr("stopping"), HasSubstr("stopped")));
}

INSTANTIATE_TEST_SUITE_P(Signals, StopSignalTest, ::testing::Values(SIGTERM, SIGINT),
                         [](const auto& info) { return absl::StrCat("Signal", info.param); });

TEST_F(LifecycleTest, SaysWhereItListensAndNothingElse) {
  ASSERT_NO_FATAL_FAILURE(StartServer());
  ASSERT_THAT(server().Stop(), IsOk());
  EXPECT_EQ(server().process().output(),
            absl::StrCat("listening grpc=", server().address(),
                         " metrics=", server().metrics_address(), "\n"));
}

TEST_F(LifecycleTest, MakesTheRepository) {
  ASSERT_FALSE(std::filesystem::exists(repository()));
  ASSERT_NO_FATAL_FAILURE(StartServer());
  EXPECT_TRUE(std::filesystem::is_directory(repository()));
}

TEST_F(LifecycleTest, ServesTheModelsOfTheRepositoryFromTheFirstRequestOn) {
  ASSERT_NO_FATAL_FAILURE(Publish("pump"));
  ASSERT_NO_FATAL_FAILURE(StartServer());
  v1::ScoreResponse response;
  ASSERT_THAT(Score(ScoreRequestOf("pump", RandomRows(2, kRandomModelColumns, 1)), response),
              IsOkRpc());
  EXPECT_EQ(response.scores_size(), 2);
}

TEST_F(LifecycleTest, FinishesAStreamThatIsOpenWhenTheSignalComes) {
  ASSERT_NO_FATAL_FAILURE(Publish("pump"));
  ASSERT_NO_FATAL_FAILURE(StartServer());
  CallContext context;
  const auto stream = server().detector().ScoreStream(&context);
  const v1::ScoreRequest request = ScoreRequestOf("pump", RandomRows(2, kRandomModelColumns, 1));
  v1::ScoreResponse response;
  ASSERT_TRUE(stream->Write(request));
  ASSERT_TRUE(stream->Read(&response));

  server().process().Signal(SIGTERM);
  ASSERT_THAT(server().process().WaitForError("stopping"), IsOk());
  EXPECT_TRUE(stream->Write(request));
  EXPECT_TRUE(stream->Read(&response));
  EXPECT_TRUE(stream->WritesDone());
  EXPECT_THAT(stream->Finish(), IsOkRpc());
  ASSERT_OK_AND_ASSIGN(const ProcessEnd end, server().process().Wait());
  EXPECT_EQ(end, Exited(0));
}

TEST_F(LifecycleTest, CancelsWhatIsOpenAfterTheDrainTimeout) {
  ASSERT_NO_FATAL_FAILURE(Publish("pump"));
  ASSERT_NO_FATAL_FAILURE(StartServer({"--drain_timeout=50ms"}));
  CallContext context;
  const auto stream = server().detector().ScoreStream(&context);
  v1::ScoreResponse response;
  ASSERT_TRUE(stream->Write(ScoreRequestOf("pump", RandomRows(2, kRandomModelColumns, 1))));
  ASSERT_TRUE(stream->Read(&response));

  ASSERT_OK_AND_ASSIGN(const ProcessEnd end, server().Stop());
  EXPECT_EQ(end, Exited(0)) << server().process().errors();
  EXPECT_FALSE(stream->Finish().ok());
}

// Health says no at once, and calls over old and new connections are answered all the same.
TEST_F(LifecycleTest, ServesOnWhileBalancersNoticeThatItWillStop) {
  ASSERT_NO_FATAL_FAILURE(Publish("pump"));
  ASSERT_NO_FATAL_FAILURE(StartServer({"--drain_delay=1h"}));
  CallContext watch_context;
  const auto watch = server().health().Watch(&watch_context, {});
  HealthCheckResponse health;
  ASSERT_TRUE(watch->Read(&health));
  EXPECT_EQ(health.status(), HealthCheckResponse::SERVING);

  server().process().Signal(SIGTERM);
  ASSERT_TRUE(watch->Read(&health));
  EXPECT_EQ(health.status(), HealthCheckResponse::NOT_SERVING);
  CallContext check_context;
  ASSERT_THAT(server().health().Check(&check_context, {}, &health), IsOkRpc());
  EXPECT_EQ(health.status(), HealthCheckResponse::NOT_SERVING);
  EXPECT_TRUE(Eventually([this] {
    const absl::StatusOr<MetricsPage> page = server().Metrics();
    return page.ok() && page->Value("advae_ready") == 0;
  }));
  CallContext ready_context;
  inference::ServerReadyResponse ready;
  ASSERT_THAT(inference::GRPCInferenceService::NewStub(server().channel())
                  ->ServerReady(&ready_context, {}, &ready),
              IsOkRpc());
  EXPECT_FALSE(ready.ready());

  const v1::ScoreRequest request = ScoreRequestOf("pump", RandomRows(2, kRandomModelColumns, 1));
  v1::ScoreResponse response;
  EXPECT_THAT(Score(request, response), IsOkRpc());
  grpc::ChannelArguments new_connection;
  new_connection.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  const auto channel = grpc::CreateCustomChannel(
      server().address(), grpc::InsecureChannelCredentials(), new_connection);
  CallContext score_context;
  EXPECT_THAT(v1::AnomalyDetector::NewStub(channel)->Score(&score_context, request, &response),
              IsOkRpc());
  CallContext stream_context;
  const auto stream = server().detector().ScoreStream(&stream_context);
  EXPECT_TRUE(stream->Write(request));
  EXPECT_TRUE(stream->Read(&response));
  // Who asks only now is told, too.
  CallContext late_context;
  const auto late_watch = server().health().Watch(&late_context, {});
  while (late_watch->Read(&health) && health.status() == HealthCheckResponse::SERVING) {
  }
  EXPECT_EQ(health.status(), HealthCheckResponse::NOT_SERVING);
}

TEST_F(LifecycleTest, DrainsAfterTheDelay) {
  ASSERT_NO_FATAL_FAILURE(StartServer({"--drain_delay=1ms"}));
  ASSERT_OK_AND_ASSIGN(const ProcessEnd end, server().Stop());
  EXPECT_EQ(end, Exited(0)) << server().process().errors();
}

class SecondSignalTest : public LifecycleTest,
                         public ::testing::WithParamInterface<std::vector<std::string>> {};

TEST_P(SecondSignalTest, EndsTheServerAtOnce) {
  ASSERT_NO_FATAL_FAILURE(Publish("pump"));
  ASSERT_NO_FATAL_FAILURE(StartServer(GetParam()));
  CallContext context;
  const auto stream = server().detector().ScoreStream(&context);
  v1::ScoreResponse response;
  ASSERT_TRUE(stream->Write(ScoreRequestOf("pump", RandomRows(2, kRandomModelColumns, 1))));
  ASSERT_TRUE(stream->Read(&response));

  server().process().Signal(SIGTERM);
  ASSERT_THAT(server().process().WaitForError("stopping"), IsOk());
  server().process().Signal(SIGINT);
  ASSERT_OK_AND_ASSIGN(const ProcessEnd end, server().process().Wait());
  EXPECT_EQ(end, Exited(1));
  EXPECT_THAT(server().process().errors(),
              HasSubstr("stopped at once reason=\"a second signal\" signal=SIGINT"));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

INSTANTIATE_TEST_SUITE_P(Stages, SecondSignalTest,
                         ::testing::Values(std::vector<std::string>{"--drain_delay=1h"},
                                           std::vector<std::string>{"--drain_timeout=1h"}),
                         [](const auto& info) { return info.index == 0 ? "Delay" : "Drain"; });

TEST_F(LifecycleTest, EndsAlsoWhenTheVolumeOfAnUploadHangs) {
  ASSERT_NO_FATAL_FAILURE(StartServer({"--drain_timeout=50ms", "--trainer=/bin/false"}));
  CallContext context;
  v1::ImportVersionResponse response;
  const auto upload = server().registry().ImportVersion(&context, &response);
  v1::ImportVersionRequest request;
  request.mutable_spec()->set_model("pump");
  ASSERT_TRUE(upload->Write(request));
  HangingVolume volume(repository());
  ASSERT_TRUE(volume.Hang(1));
  request.set_encoder_chunk("weights");
  ASSERT_TRUE(upload->Write(request));
  // Answered when the chunk is being written.
  v1::ListModelsResponse models;
  CallContext list_context;
  ASSERT_THAT(server().registry().ListModels(&list_context, {}, &models), IsOkRpc());

  ASSERT_OK_AND_ASSIGN(const ProcessEnd end, server().Stop());
  EXPECT_EQ(end, Exited(1));
  EXPECT_THAT(server().process().errors(), HasSubstr("not stopped in time"));
  EXPECT_FALSE(upload->Finish().ok());
}

TEST_F(LifecycleTest, RefusesAPortInUse) {
  ASSERT_NO_FATAL_FAILURE(StartServer());
  const std::string repository_flag = absl::StrCat("--repository=", repository().string());
  EXPECT_THAT(
      ErrorsOfRefusal({repository_flag, absl::StrCat("--listen=", server().address()),
                       "--metrics_listen=127.0.0.1:0"}),
      HasSubstr(absl::StrCat("advae-server: cannot listen for gRPC on ", server().address())));
  EXPECT_THAT(ErrorsOfRefusal({repository_flag, "--listen=127.0.0.1:0",
                               absl::StrCat("--metrics_listen=", server().metrics_address())}),
              HasSubstr(absl::StrCat("advae-server: cannot listen for metrics on ",
                                     server().metrics_address())));
}

TEST_F(LifecycleTest, RefusesARepositoryThatIsAFile) {
  std::ofstream(repository()) << "no folder";
  EXPECT_THAT(ErrorsOfRefusal(LoopbackFlags(repository())),
              AllOf(HasSubstr("advae-server: cannot create folder"),
                    HasSubstr(repository().string()), HasSubstr("Not a directory")));
}

TEST_F(LifecycleTest, RefusesARepositoryBelowAFile) {
  std::ofstream(repository()) << "no folder";
  EXPECT_THAT(ErrorsOfRefusal(LoopbackFlags(repository() / "models")),
              AllOf(HasSubstr("advae-server: cannot create folder"),
                    HasSubstr(repository().string()), HasSubstr("Not a directory")));
}

}  // namespace
}  // namespace advae::testing
