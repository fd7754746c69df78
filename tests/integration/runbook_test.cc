// The commands of docs/RUNBOOK.md, run as they stand there.

#include <fstream>
#include <iterator>
#include <map>

#include "absl/strings/str_cat.h"
#include "tests/integration/harness/eventually.h"
#include "tests/integration/harness/server_test.h"

namespace advae::testing {
namespace {

using ::testing::HasSubstr;

// The block of shell commands after the comment "<!-- tested: NAME -->".
std::string CommandsOf(const std::string& name) {
  std::ifstream file(std::string(ADVAE_SOURCE_DIR) + "/docs/RUNBOOK.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::string begin = absl::StrCat("<!-- tested: ", name, " -->\n```sh\n");
  const size_t start = text.find(begin);
  if (start == std::string::npos) return absl::StrCat("echo no commands ", name, "; exit 9");
  const size_t first = start + begin.size();
  return text.substr(first, text.find("```", first) - first);
}

class RunbookTest : public ServerTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(Publish("pump", 1));
    ASSERT_NO_FATAL_FAILURE(Publish("pump", 2));
    ASSERT_NO_FATAL_FAILURE(StartServer({"--repository_poll_interval=20ms"}));
  }

  // Runs a block of commands; what they write, and how they end.
  void Run(const std::string& name, int exit_code = 0) {
    const std::string programs = std::filesystem::path(ADVAE_CLI_PROGRAM).parent_path();
    const std::string commands = absl::StrCat("PATH=\"$PROGRAMS:$PATH\"\n", CommandsOf(name));
    ASSERT_OK_AND_ASSIGN(const auto shell,
                         Process::Start({.program = "/bin/sh",
                                         .arguments = {"-euc", commands},
                                         .environment = {{"PROGRAMS", programs},
                                                         {"REPOSITORY", repository().string()},
                                                         {"BACKUP", backup().string()},
                                                         {"MODEL", "pump"},
                                                         {"VERSION", "2"},
                                                         {"OTHER_VERSION", "1"},
                                                         {"ADVAE_SERVER", server().address()}}}));
    ASSERT_OK_AND_ASSIGN(const ProcessEnd end, shell->Wait());
    EXPECT_EQ(end, Exited(exit_code)) << shell->output() << shell->errors();
    output_ = shell->output();
  }
  const std::string& output() const { return output_; }

  std::filesystem::path backup() const { return folder() / "backup"; }
  void Damage() {
    std::filesystem::resize_file(repository() / "pump" / "2" / "weights.safetensors", 100);
  }
  uint64_t ServingVersion() {
    v1::ScoreResponse response;
    const v1::ScoreRequest row = ScoreRequestOf("pump", RandomRows(1, kRandomModelColumns, 1));
    return Score(row, response).ok() ? response.version() : 0;
  }
  std::vector<uint64_t> Versions() {
    v1::GetModelResponse model;
    if (!GetModel("pump", model).ok()) return {};
    return {model.summary().versions().begin(), model.summary().versions().end()};
  }

 private:
  std::string output_;
};

TEST_F(RunbookTest, TellsWhichFilesAreDamaged) {
  Run("check");
  EXPECT_THAT(output(), HasSubstr("weights.safetensors: OK"));
  EXPECT_THAT(output(), HasSubstr("scores.safetensors: OK"));
  Damage();
  Run("check", 1);
  EXPECT_THAT(output(), HasSubstr("weights.safetensors: FAILED"));
}

TEST_F(RunbookTest, BringsADamagedVersionBack) {
  Run("backup");
  Damage();
  ASSERT_NO_FATAL_FAILURE(RestartServer({"--repository_poll_interval=20ms"}));
  EXPECT_EQ(ServingVersion(), 1);
  Run("restore-version");
  EXPECT_TRUE(Eventually([this] { return ServingVersion() == 2; }));
}

TEST_F(RunbookTest, DeletesADamagedVersionAndModel) {
  Damage();
  ASSERT_NO_FATAL_FAILURE(RestartServer({"--repository_poll_interval=20ms"}));
  Run("delete-version");
  EXPECT_EQ(ServingVersion(), 1);
  EXPECT_FALSE(std::filesystem::exists(repository() / "pump" / "2"));
  Run("delete-model");
  EXPECT_EQ(ServingVersion(), 0);
  EXPECT_FALSE(std::filesystem::exists(repository() / "pump"));
}

TEST_F(RunbookTest, BringsBackWhatWasDeletedByMistake) {
  Run("delete-version");
  Run("delete-model");
  EXPECT_EQ(ServingVersion(), 0);
  Run("undelete");
  EXPECT_THAT(output(), HasSubstr("restored_versions  1, 2\n"));
  EXPECT_EQ(Versions(), (std::vector<uint64_t>{1, 2}));
  EXPECT_EQ(ServingVersion(), 1);
}

TEST_F(RunbookTest, DeletesPermanently) {
  Run("delete-version");
  Run("delete-permanently");
  EXPECT_EQ(ServingVersion(), 0);
  Run("undelete", 1);
  EXPECT_TRUE(std::filesystem::is_empty(repository() / ".deleted"));
}

TEST_F(RunbookTest, TellsWhetherTheVolumeIsMounted) {
  Run("is-mounted");
  std::filesystem::rename(repository(), folder() / "volume");
  std::filesystem::create_directory(repository());
  Run("is-mounted", 1);
}

TEST_F(RunbookTest, RestoresABackupUnderARunningServer) {
  Run("backup");
  ASSERT_NO_FATAL_FAILURE(Publish("pump", 3));
  EXPECT_TRUE(Eventually([this] { return ServingVersion() == 3; }));
  Run("restore");
  EXPECT_TRUE(Eventually([this] { return Versions() == std::vector<uint64_t>{1, 2}; }));
  ASSERT_NO_FATAL_FAILURE(Publish("pump", 4));
  EXPECT_TRUE(Eventually([this] { return ServingVersion() > 3; }));
}

TEST_F(RunbookTest, RestoresABackupWithoutAServer) {
  Run("backup");
  ASSERT_NO_FATAL_FAILURE(Publish("pump", 3));
  ASSERT_OK_AND_ASSIGN(const ProcessEnd end, server().Stop());
  EXPECT_EQ(end, Exited(0));
  Run("restore");
  ASSERT_NO_FATAL_FAILURE(Publish("pump", 4));
  ASSERT_NO_FATAL_FAILURE(StartServer());
  EXPECT_EQ(Versions().size(), 3);
  EXPECT_GT(ServingVersion(), 3);
}

TEST_F(RunbookTest, ASnapshotIsToldToBeACopy) {
  Run("mark-as-copy");
  ASSERT_NO_FATAL_FAILURE(Publish("pump", 4));
  EXPECT_TRUE(Eventually([this] { return ServingVersion() > 3; }));
}

TEST_F(RunbookTest, TellsWhatTakesTheRoom) {
  Run("usage");
  EXPECT_THAT(output(), HasSubstr("/pump\n"));
}

}  // namespace
}  // namespace advae::testing
