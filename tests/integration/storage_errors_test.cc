// A server whose repository refuses to be written. The file systems are mounted in a name space
// that only the server and its workers see, and that goes with them.

#include <fstream>

#include "absl/strings/str_cat.h"
#include "tests/integration/harness/server_test.h"

namespace advae::testing {
namespace {

using ::testing::HasSubstr;

constexpr auto kUnavailable = grpc::StatusCode::UNAVAILABLE;

// Runs a program, its arguments after these, once `mounts` have been made as root of a name space.
std::vector<std::string> AfterMounting(const std::string& mounts) {
  return {"/usr/bin/unshare",
          "--map-root-user",
          "--mount",
          "/bin/sh",
          "-c",
          absl::StrCat(mounts, " && exec \"$0\" \"$@\"")};
}

class StorageErrorsTest : public ServerTest {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(
        const auto probe,
        Process::Start({.program = "/usr/bin/unshare",
                        .arguments = {"--map-root-user", "--mount", "/bin/sh", "-c",
                                      absl::StrCat("mount -t tmpfs none ", folder().string())}}));
    ASSERT_OK_AND_ASSIGN(const ProcessEnd end, probe->Wait());
    if (end != Exited(0)) {
      GTEST_SKIP() << "this system does not let the test mount file systems: " << probe->errors();
    }
    std::filesystem::create_directory(repository());
  }

  void StartServerAfter(const std::string& mounts) {
    ASSERT_NO_FATAL_FAILURE(StartServer({}, AfterMounting(mounts)));
  }
};

TEST_F(StorageErrorsTest, AReadOnlyRepositoryServesAndRefusesChanges) {
  ASSERT_NO_FATAL_FAILURE(Publish("pump", 1));
  ASSERT_NO_FATAL_FAILURE(Publish("pump", 2));
  const std::string path = repository().string();
  ASSERT_NO_FATAL_FAILURE(StartServerAfter(
      absl::StrCat("mount --bind ", path, " ", path, " && mount -o remount,bind,ro ", path)));

  v1::ScoreResponse response;
  EXPECT_THAT(Score(ScoreRequestOf("pump", RandomRows(1, 3, 1)), response), IsOkRpc());
  const auto refused = RpcFailsWith(kUnavailable, HasSubstr("Read-only file system"));

  v1::ThresholdRequest apply;
  apply.set_model("pump");
  apply.set_apply(true);
  CallContext apply_context;
  v1::ThresholdResponse threshold;
  EXPECT_THAT(server().detector().Threshold(&apply_context, apply, &threshold), refused);

  v1::SetServingVersionRequest set_serving;
  set_serving.set_model("pump");
  set_serving.set_version(1);
  CallContext set_context;
  v1::SetServingVersionResponse set_response;
  EXPECT_THAT(server().registry().SetServingVersion(&set_context, set_serving, &set_response),
              refused);

  v1::DeleteModelRequest remove;
  remove.set_model("pump");
  CallContext delete_context;
  v1::DeleteModelResponse deleted;
  EXPECT_THAT(server().registry().DeleteModel(&delete_context, remove, &deleted), refused);

  EXPECT_THAT(Score(ScoreRequestOf("pump", RandomRows(1, 3, 1)), response), IsOkRpc());
  EXPECT_EQ(response.version(), 2);
}

#ifdef ADVAE_TRAINER_PROGRAM

TEST_F(StorageErrorsTest, AReadOnlyRepositoryRefusesTrainings) {
  const std::string path = repository().string();
  ASSERT_NO_FATAL_FAILURE(StartServerAfter(
      absl::StrCat("mount --bind ", path, " ", path, " && mount -o remount,bind,ro ", path)));
  EXPECT_THAT(Train(server().detector(), {TinySpecOf("pump"), RowsOf(RandomRows(20, 3, 1))}).status,
              RpcFailsWith(kUnavailable, HasSubstr("Read-only file system")));
}

TEST_F(StorageErrorsTest, AFullRepositoryRefusesWhatDoesNotFitAndGoesOn) {
  ASSERT_NO_FATAL_FAILURE(
      StartServerAfter(absl::StrCat("mount -t tmpfs -o size=256k none ", repository().string())));
  const auto refused =
      RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED, HasSubstr("No space left on device"));
  const v1::TrainRequest rows = RowsOf(RandomRows(20, 3, 1));

  // The rows do not fit.
  EXPECT_THAT(
      Train(server().detector(), {TinySpecOf("pump"), RowsOf(RandomRows(40'000, 3, 1))}).status,
      refused);
  // The version does not fit.
  v1::TrainRequest large = TinySpecOf("pump");
  large.mutable_spec()->mutable_hyperparameters()->set_hidden_size(300);
  EXPECT_THAT(Train(server().detector(), {large, rows}).status, refused);

  EXPECT_THAT(Train(server().detector(), {TinySpecOf("pump"), rows}).status, IsOkRpc());
}

TEST_F(ServerTest, ARepositoryThatBecomesAFileRefusesTrainingsAndScoresOn) {
  ASSERT_NO_FATAL_FAILURE(Publish("pump"));
  ASSERT_NO_FATAL_FAILURE(StartServer());
  std::filesystem::rename(repository(), folder() / "elsewhere");
  std::ofstream(repository()) << "no folder";
  EXPECT_THAT(Train(server().detector(), {TinySpecOf("pump"), RowsOf(RandomRows(20, 3, 1))}).status,
              RpcFailsWith(kUnavailable, HasSubstr("Not a directory")));
  v1::ScoreResponse response;
  EXPECT_THAT(Score(ScoreRequestOf("pump", RandomRows(1, 3, 1)), response), IsOkRpc());
}

#endif  // ADVAE_TRAINER_PROGRAM

}  // namespace
}  // namespace advae::testing
