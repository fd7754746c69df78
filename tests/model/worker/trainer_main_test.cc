// The command line of advae-trainer, on the real program.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/testing/process.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

using ::advae::testing::Process;
using ::advae::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

struct Result {
  std::optional<int> exit_code;
  std::string output;
  std::string errors;
};

Result RunTrainer(std::vector<std::string> arguments) {
  const auto program = Process::Start(
      {.program = ADVAE_BINARY_DIR "/bin/advae-trainer", .arguments = std::move(arguments)});
  EXPECT_THAT(program, testing::IsOk());
  if (!program.ok()) return {};
  const absl::StatusOr<testing::ProcessEnd> end = (*program)->Wait(absl::Minutes(5));
  EXPECT_THAT(end, testing::IsOk());
  return {.exit_code = end.ok() ? end->exit_code : std::nullopt,
          .output = (*program)->output(),
          .errors = (*program)->errors()};
}

class TrainerProgramTest : public ::testing::Test {
 protected:
  TrainerProgramTest() {
    std::ofstream csv(data());
    csv << "flow,label,speed\n";
    for (int i = 0; i < 40; ++i) csv << i << "," << i % 2 << "," << i * i << "\n";
  }
  std::string data() const { return (folder_.path() / "data.csv").string(); }
  std::string repository() const { return (folder_.path() / "repository").string(); }
  std::vector<std::string> TrainArguments(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"train", "pump", "--repository=" + repository(),
                                          "--data=" + data()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  const TemporaryFolder folder_;
};

TEST_F(TrainerProgramTest, TrainsFromCsv) {
  const Result result = RunTrainer(TrainArguments(
      {"--label-column=label", "--epochs=3", "--hidden-size=4", "--seed=9", "--alpha=0.2"}));
  EXPECT_THAT(result.exit_code, Optional(0)) << result.errors;
  EXPECT_THAT(result.errors, AllOf(HasSubstr("training pump on 40 rows of 2 features"),
                                   HasSubstr("epoch 9 of 9")));
  const nlohmann::json version = nlohmann::json::parse(result.output);
  EXPECT_EQ(version["model"], "pump");
  EXPECT_EQ(version["seed"], "9");
  EXPECT_EQ(version["features"][1]["name"], "speed");
  EXPECT_EQ(version["hyperparameters"]["epochs"], 3);
  EXPECT_EQ(version["threshold_history"][0]["alpha"], 0.2);
  EXPECT_TRUE(std::filesystem::exists(repository() + "/pump/1/manifest.json"));
  EXPECT_TRUE(std::filesystem::is_empty(repository() + "/.staging"));
}

TEST_F(TrainerProgramTest, FailuresExitWith1) {
  const Result parameters = RunTrainer(TrainArguments({"--batch-size=0", "--no-label"}));
  EXPECT_THAT(parameters.exit_code, Optional(1));
  EXPECT_THAT(parameters.output, IsEmpty());
  EXPECT_THAT(parameters.errors, HasSubstr("hyper-parameter batch_size is 0"));
  EXPECT_EQ(RunTrainer(TrainArguments({"--batch_size=0", "--no_label"})).errors, parameters.errors);

  const Result column = RunTrainer(TrainArguments({"--label-column=verdict"}));
  EXPECT_THAT(column.exit_code, Optional(1));
  EXPECT_THAT(column.errors, HasSubstr("verdict"));

  const Result weights = RunTrainer({"import", "pump", "--repository=" + repository(),
                                     "--data=" + data(), "--label-column=label",
                                     "--encoder=/does/not/exist", "--generator=/does/not/exist"});
  EXPECT_THAT(weights.exit_code, Optional(1));
  EXPECT_THAT(weights.errors, HasSubstr("/does/not/exist"));
  EXPECT_TRUE(std::filesystem::is_empty(repository() + "/.staging"));
}

TEST_F(TrainerProgramTest, RefusesALabelAmongTheFeatures) {
  const Result result = RunTrainer(TrainArguments());
  EXPECT_THAT(result.exit_code, Optional(1));
  EXPECT_THAT(result.errors,
              HasSubstr("column \"label\" looks like a label: its only values are 0 and 1"));
  EXPECT_TRUE(std::filesystem::is_empty(repository() + "/.staging"));
}

TEST_F(TrainerProgramTest, WrongUsageExitsWith2) {
  const std::vector<std::vector<std::string>> command_lines = {
      {},
      {"train", "pump", "--data=" + data()},
      TrainArguments({"--epochs=many"}),
      TrainArguments({"--threads=0"}),
      {"import", "pump", "--repository=" + repository(), "--data=" + data(), "--encoder=e"},
  };
  for (const std::vector<std::string>& arguments : command_lines) {
    const Result result = RunTrainer(arguments);
    EXPECT_THAT(result.exit_code, Optional(2)) << ::testing::PrintToString(arguments);
    EXPECT_THAT(result.output, IsEmpty());
  }
}

TEST_F(TrainerProgramTest, HelpExitsWith0) {
  const Result result = RunTrainer({"train", "--help"});
  EXPECT_THAT(result.exit_code, Optional(0));
  EXPECT_THAT(result.output, AllOf(HasSubstr("--generator-weight"), HasSubstr("--label-column")));
}

}  // namespace
}  // namespace advae
