// How a server starts and stops.

#include <fstream>

#include "absl/strings/str_cat.h"
#include "tests/integration/server_test.h"
#include "tests/testing/hanging_volume.h"

namespace advae::testing {
namespace {

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
              HasSubstr(absl::StrCat("advae-server: cannot serve metrics on ",
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
