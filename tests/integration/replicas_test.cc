// Two servers on one repository, and what befalls a repository under a server.

#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/integration/harness/eventually.h"
#include "tests/integration/harness/server_test.h"

namespace advae::testing {
namespace {

using ::testing::HasSubstr;

v1::ScoreRequest OneRow(std::optional<uint64_t> version = std::nullopt) {
  v1::ScoreRequest request = ScoreRequestOf("pump", RandomRows(1, kRandomModelColumns, 1));
  if (version) request.set_version(*version);
  return request;
}

grpc::Status ScoreWith(ServerProcess& server, const v1::ScoreRequest& request,
                       v1::ScoreResponse& response) {
  CallContext context;
  return server.detector().Score(&context, request, &response);
}

// Applies a threshold to "pump" this often.
void ApplyThresholds(ServerProcess& server, double alpha, int count) {
  v1::ThresholdRequest request;
  request.set_model("pump");
  request.set_apply(true);
  for (int i = 0; i < count; ++i) {
    request.set_alpha(alpha + 0.001 * i);
    CallContext context;
    v1::ThresholdResponse response;
    EXPECT_THAT(server.detector().Threshold(&context, request, &response), IsOkRpc());
  }
}

class ReplicasTest : public ServerTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(Publish("pump", 1));
    ASSERT_NO_FATAL_FAILURE(StartServer({"--repository_poll_interval=20ms"}));
    ASSERT_OK_AND_ASSIGN(other_,
                         ServerProcess::Start(repository(), {"--repository_poll_interval=20ms"}));
  }

  ServerProcess& other() { return *other_; }

  std::string HistoryOf(ServerProcess& server) {
    CallContext context;
    v1::GetModelRequest request;
    request.set_model("pump");
    v1::GetModelResponse response;
    if (!server.registry().GetModel(&context, request, &response).ok()) return "";
    return absl::StrCat(response.versions(0).threshold_history_size(), " ",
                        response.versions(0).threshold_history().rbegin()->alpha());
  }

 private:
  std::unique_ptr<ServerProcess> other_;
};

TEST_F(ReplicasTest, AModelThatIsDeletedAndTrainedAgainServesItsNewWeightsEverywhere) {
  v1::ScoreResponse before;
  ASSERT_THAT(ScoreWith(other(), OneRow(), before), IsOkRpc());
  CallContext context;
  v1::DeleteModelRequest request;
  request.set_model("pump");
  v1::DeleteModelResponse response;
  ASSERT_THAT(server().registry().DeleteModel(&context, request, &response), IsOkRpc());
  ASSERT_NO_FATAL_FAILURE(Publish("pump", 2));

  v1::ScoreResponse after;
  EXPECT_TRUE(
      Eventually([&] { return ScoreWith(other(), OneRow(), after).ok() && after.version() == 2; }));
  EXPECT_NE(after.scores(0), before.scores(0));
  EXPECT_EQ(ScoreWith(other(), OneRow(1), after).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(ReplicasTest, WhatOneRestoresTheOtherServesAsBefore) {
  v1::ScoreResponse before;
  ASSERT_THAT(ScoreWith(other(), OneRow(), before), IsOkRpc());
  v1::DeleteModelRequest request;
  request.set_model("pump");
  v1::DeleteModelResponse response;
  CallContext context;
  ASSERT_THAT(server().registry().DeleteModel(&context, request, &response), IsOkRpc());
  v1::ScoreResponse after;
  EXPECT_TRUE(Eventually([&] {
    return ScoreWith(other(), OneRow(), after).error_code() == grpc::StatusCode::NOT_FOUND;
  }));
  ASSERT_NO_FATAL_FAILURE(Publish("pump", 2));
  EXPECT_TRUE(Eventually([&] { return ScoreWith(other(), OneRow(), after).ok(); }));

  v1::UndeleteRequest undelete;
  undelete.set_model("pump");
  v1::UndeleteResponse restored;
  CallContext undelete_context;
  ASSERT_THAT(other().registry().Undelete(&undelete_context, undelete, &restored), IsOkRpc());
  EXPECT_EQ(restored.summary().serving_version(), 2);
  for (ServerProcess* const each : {&server(), &other()}) {
    EXPECT_TRUE(Eventually([&] { return ScoreWith(*each, OneRow(1), after).ok(); }));
    EXPECT_EQ(after.scores(0), before.scores(0));
  }
}

TEST_F(ReplicasTest, WhatIsNoLongerKeptIsRemovedByAnyServer) {
  v1::DeleteModelRequest request;
  request.set_model("pump");
  v1::DeleteModelResponse response;
  CallContext context;
  ASSERT_THAT(server().registry().DeleteModel(&context, request, &response), IsOkRpc());
  EXPECT_FALSE(std::filesystem::is_empty(repository() / ".deleted"));
  ASSERT_OK_AND_ASSIGN(const auto reader, ServerProcess::Start(repository(), {"--read_only=true",
                                                                              "--keep_deleted=0"}));
  EXPECT_FALSE(std::filesystem::is_empty(repository() / ".deleted"));
  ASSERT_OK_AND_ASSIGN(const auto impatient,
                       ServerProcess::Start(repository(), {"--keep_deleted=0"}));
  EXPECT_TRUE(Eventually([this] { return std::filesystem::is_empty(repository() / ".deleted"); }));
}

TEST_F(ReplicasTest, ThresholdsThatBothApplyAreAllKeptAndBothAgree) {
  constexpr int kChanges = 20;
  std::thread thread([this] { ApplyThresholds(other(), 0.2, kChanges); });
  ApplyThresholds(server(), 0.3, kChanges);
  thread.join();
  ASSERT_OK_AND_ASSIGN(const Repository opened, Repository::Open(repository()));
  ASSERT_OK_AND_ASSIGN(const auto history, opened.ReadThresholdHistory("pump", 1));
  EXPECT_EQ(history.size(), 1 + 2 * kChanges);
  const std::string expected = absl::StrCat(history.size(), " ", history.back().alpha());
  EXPECT_TRUE(Eventually([&] { return HistoryOf(server()) == expected; }));
  EXPECT_TRUE(Eventually([&] { return HistoryOf(other()) == expected; }));
}

class VolumeTest : public ServerTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(Publish("pump", 1));
    ASSERT_NO_FATAL_FAILURE(StartServer({"--repository_poll_interval=20ms"}));
  }
  bool RepositoryIsAvailable() {
    const auto metrics = server().Metrics();
    return metrics.ok() && metrics->Value("advae_repository_available") == 1;
  }
};

TEST_F(VolumeTest, AnUnmountedVolumeLeavesWhatIsLoadedAndIsReported) {
  const std::filesystem::path volume = folder() / "volume";
  for (const bool is_mount_point : {true, false}) {
    SCOPED_TRACE(is_mount_point);
    std::filesystem::rename(repository(), volume);
    if (is_mount_point) std::filesystem::create_directory(repository());
    EXPECT_TRUE(Eventually([this] { return !RepositoryIsAvailable(); }));
    EXPECT_THAT(server().process().WaitForError("repository not readable"), IsOk());
    v1::ScoreResponse response;
    EXPECT_THAT(Score(OneRow(), response), IsOkRpc());

    if (is_mount_point) {
      EXPECT_TRUE(std::filesystem::is_empty(repository())) << "nothing is written there";
      std::filesystem::remove(repository());
    }
    std::filesystem::rename(volume, repository());
    EXPECT_TRUE(Eventually([this] { return RepositoryIsAvailable(); }));
  }
  ASSERT_NO_FATAL_FAILURE(Publish("pump", 2));
  v1::ScoreResponse response;
  EXPECT_TRUE(
      Eventually([&] { return Score(OneRow(), response).ok() && response.version() == 2; }));
}

TEST_F(VolumeTest, OddFoldersAreReportedAndStopNothing) {
  std::filesystem::create_directory_symlink("nowhere", repository() / "dangling");
  std::filesystem::create_directory_symlink("loop", repository() / "loop");
  std::filesystem::create_directory_symlink("nowhere", repository() / "pump" / "3");
  std::filesystem::create_directory(repository() / "pump" / "18446744073709551615");
  ASSERT_NO_FATAL_FAILURE(Publish("pump", 2));
  v1::ScoreResponse response;
  EXPECT_TRUE(
      Eventually([&] { return Score(OneRow(), response).ok() && response.version() == 4; }));
  EXPECT_THAT(server().process().WaitForError("model=dangling"), IsOk());
  EXPECT_THAT(server().process().WaitForError("model=loop"), IsOk());
  EXPECT_THAT(server().process().WaitForError("version skipped model=pump version=3"), IsOk());
  ASSERT_NO_FATAL_FAILURE(RestartServer());
  EXPECT_THAT(Score(OneRow(), response), IsOkRpc());
  EXPECT_EQ(response.version(), 4);
}

}  // namespace
}  // namespace advae::testing
