// From rows to verdicts with the command-line tool and the sample data that the repository ships.

#include "absl/strings/str_cat.h"
#include "tests/integration/harness/cli.h"
#include "tests/integration/harness/server_test.h"

namespace advae::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

const std::string kSamples = ADVAE_SOURCE_DIR "/examples/pumping_station/";

class CliTrainingTest : public ServerTest {
 protected:
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(StartServer()); }

  absl::StatusOr<nlohmann::json> RunForJson(std::vector<std::string> arguments) {
    return RunCliForJson(server().address(), std::move(arguments));
  }
};

TEST_F(CliTrainingTest, TrainsScoresAndEvaluates) {
  ASSERT_OK_AND_ASSIGN(const nlohmann::json version,
                       RunForJson({"train", "station", "--data=" + kSamples + "train.csv",
                                   "--seed=3", "--alpha=0.05", "--epochs=40", "--hidden-size=32"}));
  EXPECT_EQ(version["model"], "station");
  EXPECT_EQ(version["version"], 1);
  EXPECT_EQ(version["alpha"], 0.05);
  EXPECT_GT(version["threshold"], 0.0);
  EXPECT_EQ(version["seed"], "3");
  EXPECT_EQ(version["features"], 12);
  EXPECT_EQ(version["hyperparameters"]["epochs"], 40);

  ASSERT_OK_AND_ASSIGN(
      const nlohmann::json rows,
      RunForJson({"score", "station", "--data=" + kSamples + "test.csv", "--label-column=label",
                  "--top-features=3", "--nearest-rows=2"}));
  size_t anomalies = 0;
  for (const nlohmann::json& row : rows) {
    EXPECT_EQ(row["status"], "OK");
    EXPECT_EQ(row["contributions"].size(), 3);
    const nlohmann::json& nearest = row["nearest_rows"];
    ASSERT_EQ(nearest.size(), 2);
    EXPECT_LT(nearest[1]["row"], version["training_rows"]);
    EXPECT_LE(nearest[0]["distance"], nearest[1]["distance"]);
    EXPECT_EQ(row["is_anomaly"].get<bool>(),
              row["score"].get<double>() >= version["threshold"].get<double>());
    anomalies += row["is_anomaly"].get<bool>() ? 1 : 0;
  }

  ASSERT_OK_AND_ASSIGN(const nlohmann::json quality,
                       RunForJson({"evaluate", "station", "--data=" + kSamples + "test.csv",
                                   "--label-column=label"}));
  EXPECT_EQ(quality["rows"], rows.size());
  EXPECT_EQ(quality["alpha"], 0.05);
  EXPECT_EQ(quality["threshold"], version["threshold"]);
  for (const char* key :
       {"average_precision", "roc_auc", "precision", "recall", "f1", "false_alarm_rate"}) {
    EXPECT_GE(quality[key], 0.0) << key;
    EXPECT_LE(quality[key], 1.0) << key;
  }
  EXPECT_LT(quality["least_expected_false_alarms"], quality["expected_false_alarms"]);
  EXPECT_GT(quality["most_expected_false_alarms"], quality["expected_false_alarms"]);
  // Far from the best, but this training is short.
  EXPECT_GT(quality["roc_auc"], 0.8);
  const double true_positives =
      quality["recall"].get<double>() * quality["anomalies"].get<double>();
  EXPECT_NEAR(true_positives / quality["precision"].get<double>(), static_cast<double>(anomalies),
              1e-6);
}

TEST_F(CliTrainingTest, SaysWhereTrainingDataIsWrong) {
  const auto train = [this](const std::string& csv) {
    return RunCli(server().address(), {"train", "pump", "--data=-"}, csv);
  };
  std::string csv = "a,b\n";
  for (int i = 0; i < 20; ++i) absl::StrAppend(&csv, i % 7, ",", i % 5, "\n");
  ASSERT_OK_AND_ASSIGN(const CliResult cell, train(csv + "3,12%\n"));
  EXPECT_EQ(cell.exit_code, 1);
  EXPECT_THAT(cell.errors,
              ::testing::AllOf(HasSubstr("line 22"), HasSubstr("\"b\""), HasSubstr("12%")));
  ASSERT_OK_AND_ASSIGN(const CliResult no_rows, train("a,b\n"));
  EXPECT_EQ(no_rows.exit_code, 1);
  EXPECT_EQ(no_rows.errors, "advae: standard input: no row follows the header\n");
  EXPECT_TRUE(server().process().Children().empty());
}

TEST_F(CliTrainingTest, AnInterruptEndsTheTraining) {
  ASSERT_OK_AND_ASSIGN(
      const auto advae,
      Process::Start({.program = ADVAE_CLI_PROGRAM,
                      .arguments = {"--server=" + server().address(), "train", "station",
                                    "--data=" + kSamples + "train.csv", "--epochs=1000000"}}));
  ASSERT_THAT(advae->WaitForError("training station"), IsOk());
  const std::vector<pid_t> workers = server().process().Children();
  ASSERT_EQ(workers.size(), 1);
  advae->Signal(SIGINT);
  ASSERT_OK_AND_ASSIGN(const ProcessEnd end, advae->Wait());
  EXPECT_EQ(end, Exited(130));
  EXPECT_THAT(advae->errors(), EndsWith("\nadvae: interrupted\n"));
  EXPECT_THAT(WaitForEnd(workers.front()), IsOk());
}

}  // namespace
}  // namespace advae::testing
