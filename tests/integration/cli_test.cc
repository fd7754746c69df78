// The command-line tool against a server, without a trainer.

#include "tests/integration/harness/cli.h"

#include <fstream>

#include "absl/strings/str_cat.h"
#include "tests/integration/harness/server_test.h"

namespace advae::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Rows for the models of PublishRandomModel: an ordinary one, an anomalous one, one with a missing
// value, one with a value that is infinite as a float.
constexpr char kCsv[] =
    "flow,pressure,temp\xc3\xa9rature,label\n"
    "0.1,0.2,-0.3,0\n"
    "50,-50,50,1\n"
    "0.1,,0.3,0\n"
    "0.1,1e39,0.3,1\n";

class CliTest : public ServerTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(Publish("pump", 1));
    ASSERT_NO_FATAL_FAILURE(Publish("pump", 2));
    ASSERT_NO_FATAL_FAILURE(StartServer());
    std::ofstream(Csv()) << kCsv;
  }

  std::string Csv() const { return (folder() / "rows.csv").string(); }
  absl::StatusOr<CliResult> Run(std::vector<std::string> arguments, const std::string& input = "") {
    return RunCli(server().address(), std::move(arguments), input);
  }
  absl::StatusOr<nlohmann::json> RunForJson(std::vector<std::string> arguments,
                                            const std::string& input = "") {
    return RunCliForJson(server().address(), std::move(arguments), input);
  }
};

TEST_F(CliTest, ScoresAFile) {
  ASSERT_OK_AND_ASSIGN(const nlohmann::json rows,
                       RunForJson({"score", "pump", "--data=" + Csv(), "--top-features=2"}));
  ASSERT_EQ(rows.size(), 4);
  for (size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i]["row"], i);
  EXPECT_EQ(rows[0]["status"], "OK");
  EXPECT_EQ(rows[1]["status"], "OK");
  EXPECT_EQ(rows[1]["is_anomaly"], true);
  EXPECT_GT(rows[1]["score"], rows[0]["score"]);
  EXPECT_LE(rows[1]["p_value"], 0.1);
  EXPECT_EQ(rows[2]["status"], "NOT_FINITE");
  EXPECT_EQ(rows[2]["score"], "NaN");
  EXPECT_EQ(rows[2]["is_anomaly"], true);
  EXPECT_EQ(rows[3]["status"], "NOT_FINITE");
  EXPECT_EQ(rows[3]["score"], "Infinity");
  EXPECT_EQ(rows[3]["p_value"], 0.0);
  EXPECT_EQ(rows[3]["is_anomaly"], true);
}

TEST_F(CliTest, ScoresStandardInputInAllFormats) {
  ASSERT_OK_AND_ASSIGN(const CliResult file,
                       Run({"score", "pump", "--data=" + Csv(), "--output=csv"}));
  ASSERT_OK_AND_ASSIGN(const CliResult input,
                       Run({"score", "pump", "--data=-", "--output=csv"}, kCsv));
  EXPECT_EQ(input.exit_code, 0) << input.errors;
  EXPECT_EQ(input.output, file.output);
  EXPECT_THAT(input.output, ::testing::StartsWith("row,score,p_value,is_anomaly,status\n0,"));
  ASSERT_OK_AND_ASSIGN(const CliResult table, Run({"score", "pump", "--data=-"}, kCsv));
  EXPECT_THAT(table.output, HasSubstr("NOT_FINITE"));
}

TEST_F(CliTest, ScoresWithTheVersionAndTheSignificanceThatItIsTold) {
  ASSERT_OK_AND_ASSIGN(const nlohmann::json serving,
                       RunForJson({"score", "pump", "--data=" + Csv()}));
  ASSERT_OK_AND_ASSIGN(const nlohmann::json first,
                       RunForJson({"score", "pump", "--data=" + Csv(), "--version=1"}));
  EXPECT_NE(first[0]["score"], serving[0]["score"]);
  ASSERT_OK_AND_ASSIGN(const nlohmann::json suspicious,
                       RunForJson({"score", "pump", "--data=" + Csv(), "--alpha=0.999999"}));
  EXPECT_EQ(suspicious[0]["is_anomaly"], true);
}

TEST_F(CliTest, AppliesAThresholdThatOutlivesTheServer) {
  ASSERT_OK_AND_ASSIGN(const nlohmann::json applied,
                       RunForJson({"threshold", "pump", "--alpha=0.25", "--apply"}));
  EXPECT_EQ(applied["alpha"], 0.25);
  EXPECT_GT(applied["bandwidth"], 0.0);
  EXPECT_EQ(applied["training_scores"], 20);
  ASSERT_NO_FATAL_FAILURE(RestartServer());

  ASSERT_OK_AND_ASSIGN(const nlohmann::json threshold, RunForJson({"threshold", "pump"}));
  EXPECT_EQ(threshold["alpha"], 0.25);
  EXPECT_EQ(threshold["threshold"], applied["threshold"]);
  ASSERT_OK_AND_ASSIGN(const nlohmann::json model, RunForJson({"model", "pump"}));
  const nlohmann::json& history = model["versions"][1]["threshold_history"];
  ASSERT_EQ(history.size(), 2);
  EXPECT_EQ(history[0]["alpha"], 0.1);
  EXPECT_EQ(history[1]["alpha"], 0.25);
  EXPECT_EQ(history[1]["threshold"], applied["threshold"]);
}

TEST_F(CliTest, ManagesModelsAndVersions) {
  ASSERT_OK_AND_ASSIGN(const nlohmann::json models, RunForJson({"models"}));
  ASSERT_EQ(models["models"].size(), 1);
  EXPECT_EQ(models["models"][0]["model"], "pump");
  EXPECT_EQ(models["models"][0]["serving_version"], 2);

  ASSERT_OK_AND_ASSIGN(const nlohmann::json serving, RunForJson({"set-serving", "pump", "1"}));
  EXPECT_EQ(serving["serving_version"], 1);
  ASSERT_OK_AND_ASSIGN(const nlohmann::json rest,
                       RunForJson({"delete-version", "pump", "2", "--yes"}));
  EXPECT_EQ(rest["versions"], nlohmann::json({1}));
  ASSERT_THAT(RunForJson({"delete-model", "pump", "--yes"}), IsOk());
  ASSERT_OK_AND_ASSIGN(const nlohmann::json none, RunForJson({"models"}));
  EXPECT_THAT(none["models"], IsEmpty());
}

TEST_F(CliTest, AsksForHealth) {
  ASSERT_OK_AND_ASSIGN(const nlohmann::json health, RunForJson({"health"}));
  EXPECT_EQ(health["status"], "SERVING");
}

TEST_F(CliTest, FindsTheServerByTheEnvironment) {
  ASSERT_OK_AND_ASSIGN(auto process,
                       Process::Start({.program = ADVAE_CLI_PROGRAM,
                                       .arguments = {"health"},
                                       .environment = {{"ADVAE_SERVER", server().address()}}}));
  ASSERT_OK_AND_ASSIGN(const ProcessEnd end, process->Wait());
  EXPECT_EQ(end, Exited(0)) << process->errors();
}

TEST_F(CliTest, WritesNothingButResultsToStandardOutput) {
  ASSERT_OK_AND_ASSIGN(const CliResult refused, Run({"score", "fan", "--data=" + Csv()}));
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_EQ(refused.output, "");
  EXPECT_THAT(refused.errors, HasSubstr("fan"));
}

// A command that fails. CSV stands for the file with the rows, FOLDER for an existing folder.
struct FailedCommand {
  const char* name;
  std::vector<std::string> arguments;
  const char* input;
  int exit_code;
  const char* message;  // a part of it
};

void PrintTo(const FailedCommand& failed, std::ostream* out) { *out << failed.name; }

class FailedCommandTest : public CliTest, public ::testing::WithParamInterface<FailedCommand> {};

TEST_P(FailedCommandTest, SaysWhatWasWrong) {
  std::vector<std::string> arguments = GetParam().arguments;
  for (std::string& argument : arguments) {
    if (argument == "--data=CSV") argument = "--data=" + Csv();
    if (argument == "--data=FOLDER") argument = "--data=" + folder().string();
  }
  ASSERT_OK_AND_ASSIGN(const CliResult result, Run(arguments, GetParam().input));
  EXPECT_EQ(result.exit_code, GetParam().exit_code) << result.errors;
  EXPECT_THAT(result.errors, HasSubstr(GetParam().message));
}

const FailedCommand kFailedCommands[] = {
    {"NoCommand", {}, "", 2, "command is required"},
    {"UnknownCommand", {"forecast"}, "", 2, "forecast"},
    {"NoData", {"score", "pump"}, "", 2, "--data"},
    {"NoNumber", {"score", "pump", "--data=CSV", "--alpha=half"}, "", 2, "--alpha"},
    {"UnknownOutput", {"models", "--output=xml"}, "", 2, "--output"},
    {"UnconfirmedDeletion", {"delete-model", "pump"}, "", 2, "--yes"},
    {"UnknownModel", {"score", "fan", "--data=CSV"}, "", 1, "there is no model \"fan\""},
    {"UnknownVersion", {"score", "pump", "--version=9", "--data=CSV"}, "", 1, "version 9"},
    {"AlphaZero", {"score", "pump", "--alpha=0", "--data=CSV"}, "", 1, "alpha"},
    {"MissingFile",
     {"score", "pump", "--data=/no/such.csv"},
     "",
     1,
     "advae: cannot open /no/such.csv: No such file or directory\n"},
    {"Folder", {"score", "pump", "--data=FOLDER"}, "", 1, " is a folder; expected a file\n"},
    {"EmptyInput", {"score", "pump", "--data=-"}, "", 1, "standard input"},
    {"MissingColumn",
     {"score", "pump", "--data=-"},
     "flow,temp\xc3\xa9rature\n1,2\n",
     1,
     "there is no column \"pressure\"; the columns are"},
    {"NonNumericCell",
     {"score", "pump", "--data=-"},
     "flow,pressure,temp\xc3\xa9rature\n1,2,3\n1,two,3\n",
     1,
     "line 3"},
    {"MissingLabels", {"evaluate", "pump", "--data=CSV", "--label-column=truth"}, "", 1, "truth"},
    {"DeletesNoServingVersion",
     {"delete-version", "pump", "2", "--yes"},
     "",
     1,
     "is the serving version"},
    {"ServesNoUnknownVersion", {"set-serving", "pump", "9"}, "", 1, "has no version 9"},
    {"UnknownService",
     {"health", "--service=none"},
     "",
     1,
     "the server has no service of this name"},
};

INSTANTIATE_TEST_SUITE_P(Commands, FailedCommandTest, ::testing::ValuesIn(kFailedCommands),
                         [](const auto& info) { return info.param.name; });

TEST_F(CliTest, NamesTheServerThatItCannotReach) {
  const std::string address = server().address();
  ASSERT_THAT(server().Stop(SIGKILL), IsOk());
  ASSERT_OK_AND_ASSIGN(const CliResult result, RunCli(address, {"models"}));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.errors, HasSubstr(address));
}

}  // namespace
}  // namespace advae::testing
