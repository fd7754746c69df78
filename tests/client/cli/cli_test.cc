#include "client/cli/cli.h"

#include <google/protobuf/text_format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <streambuf>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/fake_server.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

using ::advae::testing::FakeServer;
using ::advae::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

struct Result {
  int exit_code = 0;
  std::string out;
  std::string err;

  nlohmann::ordered_json json() const { return nlohmann::ordered_json::parse(out); }
};

std::vector<std::string> Keys(const nlohmann::ordered_json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

// Runs `advae` with the words of `line` and further `arguments`.
Result RunProgram(const std::string& line, const std::vector<std::string>& arguments,
                  const std::string& input, Cancellation& cancellation) {
  std::vector<std::string> words = absl::StrSplit("advae " + line, ' ', absl::SkipEmpty());
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<const char*> argv;
  for (const std::string& word : words) argv.push_back(word.c_str());
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  const int exit_code = RunCli(static_cast<int>(argv.size()), argv.data(),
                               {.in = in, .out = out, .err = err}, cancellation);
  return {.exit_code = exit_code, .out = out.str(), .err = err.str()};
}

class CliTest : public ::testing::Test {
 protected:
  // Runs a command against the fake server.
  Result Run(const std::string& line, const std::string& input = "") {
    return RunProgram(line, {"--server=" + server_.address()}, input, cancellation_);
  }
  Result RunJson(const std::string& line, const std::string& input = "") {
    const Result result = Run(line + " --output=json", input);
    EXPECT_EQ(result.exit_code, kExitSuccess) << result.err;
    return result;
  }

  // The path of a new file.
  std::string File(const std::string& text) {
    const std::string path = folder_.path() / std::to_string(files_++);
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  // For a handler that waits; it outlives the server.
  absl::Notification release_;
  Cancellation cancellation_;
  FakeServer server_;
  TemporaryFolder folder_;
  int files_ = 0;
};

constexpr char kRows[] = "flow,heat,label\n1,2,0\n30,4,1\n5,6,1\n0.5,0.25,0\n";

TEST_F(CliTest, Train) {
  const Result result = RunJson(
      "train pump --seed=7 --alpha=0.2 --epochs=3 --label-column=label --data=" + File(kRows));
  EXPECT_THAT(Keys(result.json()),
              ElementsAre("model", "version", "threshold", "alpha", "bandwidth", "origin",
                          "create_time", "training_rows", "features", "seed", "data_fingerprint",
                          "training_seconds", "latent_plan", "hyperparameters", "final_losses"));
  EXPECT_EQ(result.json()["model"], "pump");
  EXPECT_EQ(result.json()["version"], 3);
  EXPECT_EQ(result.json()["threshold"], 10.0);
  EXPECT_EQ(result.json()["alpha"], 0.1);
  EXPECT_EQ(result.json()["seed"], "18446744073709551615");
  EXPECT_EQ(result.json()["latent_plan"]["seed"], "18446744073709551614");
  EXPECT_EQ(result.json()["training_seconds"], 2.5);
  EXPECT_EQ(result.json()["create_time"], "2023-11-14T22:13:20Z");
  EXPECT_EQ(result.json()["latent_plan"]["sampler"], "monte-carlo");
  EXPECT_EQ(result.json()["hyperparameters"],
            nlohmann::ordered_json({{"objective", "advae"}, {"latent_size", 1}, {"lambda", 0.1}}));
  EXPECT_EQ(result.json()["final_losses"]["encoder"], 0.25);
  EXPECT_EQ(result.json()["final_losses"]["generator"], 0.0);
  EXPECT_THAT(result.err, AllOf(HasSubstr("training pump\n4 rows of "), HasSubstr("epoch 2/2")));

  const testing::Upload upload = server_.detector.upload();
  EXPECT_EQ(upload.train_spec.model(), "pump");
  EXPECT_EQ(upload.train_spec.seed(), 7u);
  EXPECT_EQ(upload.train_spec.alpha(), 0.2);
  EXPECT_EQ(upload.train_spec.hyperparameters().epochs(), 3u);
  EXPECT_FALSE(upload.train_spec.hyperparameters().has_latent_size());
  EXPECT_THAT(upload.feature_names, ElementsAre("flow", "heat"));
  EXPECT_THAT(upload.values, ElementsAre(1, 2, 30, 4, 5, 6, 0.5, 0.25));
}

TEST_F(CliTest, TrainFromStandardInput) {
  RunJson("train pump --data=-", "flow,heat\n1,2\n");
  EXPECT_THAT(server_.detector.upload().values, ElementsAre(1, 2));
}

TEST_F(CliTest, TrainTellsWhatIsWrongWithTheFile) {
  std::string text = "flow,heat\n";
  for (int i = 0; i < 10; ++i) text += "1,2\n";
  const std::string path = File(text + "3,hot\n");
  const Result bad_cell = Run("train pump --data=" + path);
  EXPECT_EQ(bad_cell.exit_code, kExitFailure);
  EXPECT_THAT(bad_cell.err,
              HasSubstr(path + ": line 12, column 2 (\"heat\"): \"hot\" is not a number, as "
                               "others of the column; take it for categories with "
                               "--column=\"heat\":category, or leave it out with "
                               "--ignore=\"heat\"; if it marks a missing value, say "
                               "--missing=\"hot\""));
  EXPECT_THAT(bad_cell.out, IsEmpty());

  const Result no_label = Run("train pump --label-column=label --data=" + path);
  EXPECT_EQ(no_label.exit_code, kExitFailure);
  EXPECT_THAT(no_label.err, HasSubstr("no label column \"label\"; the columns are \"flow\", "));

  const Result no_file = Run("train pump --data=/nonexistent.csv");
  EXPECT_EQ(no_file.exit_code, kExitFailure);
  EXPECT_EQ(no_file.err, "advae: cannot open /nonexistent.csv: No such file or directory\n");

  const std::string empty = File("");
  EXPECT_EQ(Run("train pump --data=" + empty).err,
            "advae: " + empty + ": empty; expected a header line\n");
  const std::string no_rows = File("flow,heat\n");
  EXPECT_EQ(Run("train pump --data=" + no_rows).err,
            "advae: " + no_rows + ": no row follows the header\n");
  EXPECT_THAT(server_.detector.upload().values, IsEmpty());
}

TEST_F(CliTest, TrainRefusesALabelAmongTheFeatures) {
  const std::string path = File(kRows);
  const Result refused = Run("train pump --data=" + path);
  EXPECT_EQ(refused.exit_code, kExitFailure);
  EXPECT_EQ(refused.err,
            "advae: " + path +
                ": column \"label\" looks like a label: its only values are 0 and 1. Leave it "
                "out with --label-column=\"label\", or train on it with --no-label\n");
  EXPECT_THAT(server_.detector.upload().values, IsEmpty());
  EXPECT_EQ(Run("train pump --no-label --data=" + path).exit_code, kExitSuccess);
  EXPECT_THAT(server_.detector.upload().feature_names, ElementsAre("flow", "heat", "label"));
  EXPECT_EQ(Run("train pump --no-label --label-column=label --data=" + path).exit_code, kExitUsage);
}

TEST_F(CliTest, TrainLeavesALabelOutWhateverItsCells) {
  const std::string path = File("flow,heat,state\n1,2,Normal\n3,4,\n5,6,A tt ack\n");
  EXPECT_EQ(Run("train pump --label-column=state --data=" + path).exit_code, kExitSuccess);
  EXPECT_THAT(server_.detector.upload().values, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(CliTest, TrainLeavesKeysAndIgnoredColumnsOut) {
  const std::string path = File(",time,note 1,flow,note 2,heat\n0,12:00,a,1,b,2\n1,13:00,,3,,4\n");
  EXPECT_EQ(Run("train pump --data=" + path).exit_code, kExitSuccess);
  EXPECT_EQ(server_.detector.upload().tables.at(0).columns_size(), 5);
  const Result result = Run("train pump --key=time --ignore=note* --data=" + path);
  EXPECT_EQ(result.exit_code, kExitSuccess) << result.err;
  EXPECT_THAT(result.err, HasSubstr(path + ": column 1 has no name and is left out\n"));
  EXPECT_THAT(server_.detector.upload().feature_names, ElementsAre("flow", "heat"));
  EXPECT_THAT(server_.detector.upload().values, ElementsAre(1, 2, 3, 4));
}

TEST_F(CliTest, TrainNeverTakesPartOfABrokenFile) {
  const Result result = Run("train pump --data=" + File("flow,heat\n1,2\n3,4\n5\n"));
  EXPECT_EQ(result.exit_code, kExitFailure);
  EXPECT_THAT(server_.detector.upload().values, IsEmpty());
}

TEST_F(CliTest, TrainPassesOverBadLinesOnRequest) {
  const Result result =
      Run("train pump --skip-bad-lines=2 --data=" + File("flow,heat\n1,2\ninf,4\n5\n6,7\n"));
  EXPECT_EQ(result.exit_code, kExitSuccess);
  EXPECT_THAT(result.err, HasSubstr("2 lines were passed over; the first is line 3, column 1 "));
  EXPECT_THAT(server_.detector.upload().values, ElementsAre(1, 2, 6, 7));
}

TEST_F(CliTest, TrainWarnsOfAFeatureWithALabelsName) {
  const Result result = Run("train pump --data=" + File("target,heat\n1,2\n2,2\n3,2\n"));
  EXPECT_EQ(result.exit_code, kExitSuccess);
  EXPECT_THAT(result.err, StartsWith("advae: warning: column \"target\" is used as a feature, but "
                                     "has the name of a label\n"));
}

TEST_F(CliTest, CancelledTrainingFails) {
  server_.detector.after_accepted = [&] {
    cancellation_.Cancel();
    release_.WaitForNotification();
    return grpc::Status::OK;
  };
  const Result result = Run("train pump --label-column=label --data=" + File(kRows));
  release_.Notify();
  EXPECT_EQ(result.exit_code, kExitInterrupted);
  EXPECT_THAT(result.err, EndsWith("advae: interrupted\n"));
  EXPECT_THAT(result.out, IsEmpty());
}

TEST_F(CliTest, Score) {
  const Result result = RunJson("score pump --data=" + File("flow,heat\n1,2\n30,4\n,1\n"));
  ASSERT_EQ(result.json().size(), 3u);
  EXPECT_THAT(Keys(result.json()[0]),
              ElementsAre("row", "score", "p_value", "is_anomaly", "status"));
  EXPECT_EQ(result.json()[0], nlohmann::ordered_json({{"row", 0},
                                                      {"score", 3.0},
                                                      {"p_value", 0.25},
                                                      {"is_anomaly", false},
                                                      {"status", "OK"}}));
  EXPECT_EQ(result.json()[1]["is_anomaly"], true);
  EXPECT_EQ(result.json()[2], nlohmann::ordered_json({{"row", 2},
                                                      {"score", "NaN"},
                                                      {"p_value", "NaN"},
                                                      {"is_anomaly", true},
                                                      {"status", "NOT_FINITE"}}));
  EXPECT_EQ(
      result.err,
      "3 rows, 2 anomalies, 1 of them not finite (pump version 2, alpha 0.1, threshold 10)\n");
}

TEST_F(CliTest, ScoreFindsFeaturesByTheirNames) {
  const Result result =
      RunJson("score pump --data=- --top-features=2", "time,heat,flow\nnoon,2,1\n");
  EXPECT_EQ(result.json()[0]["contributions"], nlohmann::ordered_json::parse(R"([
    {"feature": "flow", "contribution": 1.0, "value": 1.0, "expected": 0.0},
    {"feature": "heat", "contribution": 2.0, "value": 2.0, "expected": 0.0}])"));
}

TEST_F(CliTest, ScoreNamesNearestTrainingRows) {
  const std::string command =
      "score pump --nearest-rows=2 --data=" + File("flow,heat\n1,2\nnan,4\n");
  const nlohmann::ordered_json rows = RunJson(command).json();
  EXPECT_EQ(rows[0]["nearest_rows"], nlohmann::ordered_json::parse(R"([
    {"row": 100, "distance": 0.0}, {"row": 101, "distance": 0.25}])"));
  EXPECT_EQ(rows[1]["nearest_rows"], nlohmann::ordered_json::array());
  EXPECT_EQ(Run(command + " --output=csv").out,
            "row,score,p_value,is_anomaly,status,nearest_rows\n"
            "0,3.0,0.25,false,OK,100 (0); 101 (0.25)\n"
            "1,NaN,NaN,true,NOT_FINITE,\n");
  EXPECT_THAT(Run(command).out, HasSubstr("  OK          100 (0); 101 (0.25)\n"));
  EXPECT_FALSE(
      RunJson("score pump --data=-", "flow,heat\n1,2\n").json()[0].contains("nearest_rows"));
}

TEST_F(CliTest, ScoreNeedsTheNearestRowsItAskedFor) {
  server_.detector.distort_score = [](v1::ScoreResponse& response) {
    response.clear_nearest_rows();
  };
  const Result result = Run("score pump --nearest-rows=1 --data=-", "flow,heat\n1,2\n");
  EXPECT_EQ(result.exit_code, kExitFailure);
  EXPECT_THAT(result.err, HasSubstr("0 lists of nearest rows"));
}

// In all outputs, each warning readable.
TEST_F(CliTest, WarningsOfAVersionAreShown) {
  const std::vector<std::string> warnings = {
      "columns without variation: \"Temp\u00e9rature, \\\"T\\\"\"",
      "columns ruled by a few values: \"heat\""};
  server_.detector.warnings = warnings;
  server_.registry.warnings = warnings;
  const std::string weights = " --encoder=" + File("e") + " --generator=" + File("g");
  const std::string data = " --data=" + File("flow,heat\n1,2\n");
  const std::string shown =
      absl::StrFormat("%-44s%s\n%44s%s\n", "warnings", warnings[0], "", warnings[1]);
  EXPECT_THAT(Run("train pump" + data).out, HasSubstr(shown));
  EXPECT_THAT(Run("import pump" + weights + data).out, HasSubstr(warnings[0] + "\n"));
  EXPECT_THAT(Run("model pump").out, HasSubstr("\nWarnings of the serving version\n" + warnings[0] +
                                               "\n" + warnings[1] + "\n"));
  EXPECT_EQ(RunJson("train pump" + data).json()["warnings"], nlohmann::ordered_json(warnings));
  EXPECT_EQ(RunJson("import pump" + weights + data).json()["warnings"],
            nlohmann::ordered_json(warnings));
  EXPECT_EQ(RunJson("model pump").json()["versions"][1]["warnings"],
            nlohmann::ordered_json(warnings));
  EXPECT_THAT(Run("train pump --output=csv" + data).out, HasSubstr(",warnings\n"));
}

TEST_F(CliTest, FlagsMayHaveUnderscores) {
  const Result result =
      RunJson("score pump --data=- --top_features=2", "time,heat,flow\nnoon,2,1\n");
  EXPECT_EQ(result.json()[0]["contributions"].size(), 2);
}

TEST_F(CliTest, ScoreAsCsvAndTable) {
  const std::string command = "score pump --label-column=label --top-features=1 --data=";
  EXPECT_EQ(
      Run(command + File("flow,heat,label\n1,2,0\nnan,4,1\n1e39,4,0\n") + " --output=csv").out,
      "row,score,p_value,is_anomaly,status,label,feature_1,contribution_1,value_1,expected_1\n"
      "0,3.0,0.25,false,OK,false,flow,1.0,1.0,0.0\n"
      "1,NaN,NaN,true,NOT_FINITE,true,,,,\n"
      "2,Infinity,0.0,true,NOT_FINITE,false,,,,\n");
  EXPECT_EQ(Run("score pump --top-features=1 --data=" + File("flow,heat\n0.1,-2\n")).out,
            "row  score   p_value  is_anomaly  status  contributions\n"
            "  0   -1.9  -1.11111       false  OK      flow = 0.1: 0 %, expected 0\n");
  EXPECT_EQ(Run("score pump --data=" + File("flow,heat\n1,2\n30,4\n")).out,
            "row  score    p_value  is_anomaly  status\n"
            "  0      3       0.25       false  OK\n"
            "  1     34  0.0285714        true  OK\n");
}

TEST_F(CliTest, ScoreNamesNoMoreFeaturesThanThereAre) {
  const Result result =
      Run("score pump --top-features=9 --output=csv --data=" + File("flow,heat\n0.1,2\n"));
  EXPECT_THAT(result.out, AllOf(HasSubstr(",feature_2,contribution_2,value_2,expected_2\n"),
                                HasSubstr(",flow,0.10000000149011612,0.1,0.0,heat,2.0,2.0,0.0\n")));
}

TEST_F(CliTest, ScoreCopiesKeys) {
  const std::string path = File("time,flow,heat,score\n12:00,1,2,=x\n\"1,2\",30,4,\n");
  EXPECT_EQ(Run("score pump --key=time --key=score --output=csv --data=" + path).out,
            "row,time,key_score,score,p_value,is_anomaly,status\n"
            "0,12:00,'=x,3.0,0.25,false,OK\n"
            "1,\"1,2\",,34.0,0.02857142857142857,true,OK\n");
  EXPECT_EQ(RunJson("score pump --key=time --data=" + path).json()[1]["time"], "1,2");
  EXPECT_THAT(Run("score pump --key=date --data=" + path).err,
              HasSubstr("there is no key column \"date\"; the columns are \"time\", "));
}

TEST_F(CliTest, ScoreAsJsonLines) {
  const Result result = Run("score pump --output=jsonl --data=" + File("flow,heat\n1,2\nnan,4\n"));
  EXPECT_EQ(result.out,
            R"({"row":0,"score":3.0,"p_value":0.25,"is_anomaly":false,"status":"OK"}
{"row":1,"score":"NaN","p_value":"NaN","is_anomaly":true,"status":"NOT_FINITE"}
)");
}

TEST_F(CliTest, ScoreWritesAnomaliesOnly) {
  const Result result = Run("score pump --anomalies-only --output=csv --data=" + File(kRows));
  EXPECT_EQ(result.out,
            "row,score,p_value,is_anomaly,status\n"
            "1,34.0,0.02857142857142857,true,OK\n"
            "2,11.0,0.08333333333333333,true,OK\n");
  EXPECT_THAT(result.err, StartsWith("4 rows, 2 anomalies ("));
}

TEST_F(CliTest, ScoreWritesTheHighestScores) {
  const std::string path = File("flow,heat\n1,2\n30,4\n,1\n2,1\n5,6\n30,4\n");
  const auto rows = [&](const std::string& flags) {
    std::vector<int> numbers;
    for (const auto& row : RunJson("score pump --data=" + path + flags).json()) {
      numbers.push_back(row["row"]);
    }
    return numbers;
  };
  EXPECT_THAT(rows(" --top=1"), ElementsAre(2));
  EXPECT_THAT(rows(" --top=3"), ElementsAre(2, 1, 5));
  EXPECT_THAT(rows(" --top=100"), ElementsAre(2, 1, 5, 4, 0, 3));
  EXPECT_THAT(rows(" --top=100 --anomalies-only"), ElementsAre(2, 1, 5, 4));
  EXPECT_EQ(Run("score pump --top=0 --data=" + path).exit_code, kExitUsage);
}

TEST_F(CliTest, ScoreDetectsHowTheFileIsWritten) {
  const Result result =
      Run("score pump --output=csv --data=-", "heat;flow;note\n0,5;2,5;a\n1;NA;b\n");
  EXPECT_EQ(result.out,
            "row,score,p_value,is_anomaly,status\n"
            "0,3.0,0.25,false,OK\n"
            "1,NaN,NaN,true,NOT_FINITE\n");
  EXPECT_THAT(result.err,
              StartsWith("advae: note: standard input: dialect: semicolon-separated\n2 rows, "));
  EXPECT_EQ(
      RunJson("score pump --no-header --missing=-1 --data=-", "1,2\n-1,3\n").json()[1]["score"],
      "NaN");
}

TEST_F(CliTest, ResultsBeforeABadLineComeOut) {
  const std::string path = File("flow,heat\n1,2\n30,4\nx,1\n2,1\n");
  for (int i = 0; i < 3; ++i) {
    const Result result = Run("score pump --output=csv --data=" + path);
    EXPECT_EQ(result.exit_code, kExitFailure);
    EXPECT_EQ(result.out,
              "row,score,p_value,is_anomaly,status\n"
              "0,3.0,0.25,false,OK\n"
              "1,34.0,0.02857142857142857,true,OK\n");
    EXPECT_THAT(result.err,
                EndsWith(path + ": line 4, column 1 (\"flow\"): \"x\" is not a number\n"));
  }
  EXPECT_EQ(Run("score pump --output=csv --top=1 --data=" + path).out,
            "row,score,p_value,is_anomaly,status\n"
            "1,34.0,0.02857142857142857,true,OK\n");
}

TEST_F(CliTest, BadLinesMayBePassedOver) {
  const std::string path = File("flow,heat\n1,2\n30\nx,1\n2,1\n");
  const Result result = Run("score pump --output=csv --skip-bad-lines=2 --data=" + path);
  EXPECT_EQ(result.exit_code, kExitSuccess);
  EXPECT_EQ(result.out,
            "row,score,p_value,is_anomaly,status\n"
            "0,3.0,0.25,false,OK\n"
            "3,3.0,0.25,false,OK\n");
  EXPECT_THAT(result.err, EndsWith("advae: warning: " + path +
                                   ": 2 lines were passed over; the "
                                   "first is line 3: 1 cell; expected 2, as many as the header "
                                   "has\n"));
  const Result too_many = Run("score pump --skip-bad-lines=1 --data=" + path);
  EXPECT_EQ(too_many.exit_code, kExitFailure);
  EXPECT_THAT(too_many.err, HasSubstr("line 4, column 1 (\"flow\"): \"x\" is not a number"));
}

// Columns of all kinds, a key and the label; what the fake server knows of them in `schema`.
constexpr char kTable[] =
    "when,flow,protocol,open,state,note\n"
    "12:00,1,tcp,yes,Normal,a\n"
    "13:00,30,udp,no,Attack,b\n"
    "14:00,,,,Normal,c\n";

v1::TableSchema PumpSchema() {
  v1::TableSchema schema;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"pb(
        columns { name: "when" kind: COLUMN_KIND_TIME role: COLUMN_ROLE_KEY }
        columns { name: "flow" kind: COLUMN_KIND_NUMBER role: COLUMN_ROLE_FEATURE }
        columns {
          name: "protocol"
          kind: COLUMN_KIND_CATEGORY
          role: COLUMN_ROLE_FEATURE
          category {
            categories { category: "tcp" count: 2 }
            categories { category: "udp" count: 1 }
          }
        }
        columns { name: "state" role: COLUMN_ROLE_LABEL }
        columns { name: "id" role: COLUMN_ROLE_IGNORED note: "an identifier" }
      )pb",
      &schema));
  return schema;
}

TEST_F(CliTest, TrainSendsColumnsOfAllKinds) {
  server_.detector.schema = PumpSchema();
  const Result result =
      Run("train pump --key=when --label-column=state --ignore=note --column=op*:boolean "
          "--column=protocol:category --strict --data=" +
          File(kTable));
  EXPECT_EQ(result.exit_code, kExitSuccess) << result.err;
  EXPECT_THAT(result.err, HasSubstr("column \"when\": key\n"
                                    "column \"protocol\": category, 2 values\n"
                                    "column \"state\": label\n"
                                    "column \"id\": ignored, an identifier\n"));
  const testing::Upload upload = server_.detector.upload();
  std::vector<std::string> names;
  ASSERT_EQ(upload.tables.size(), 1u);
  for (const v1::TableColumn& column : upload.tables[0].columns()) names.push_back(column.name());
  EXPECT_THAT(names, ElementsAre("when", "flow", "protocol", "open", "state"));
  EXPECT_TRUE(upload.tables[0].columns(3).has_bools());
  EXPECT_TRUE(upload.train_spec.strict());
  ASSERT_EQ(upload.train_spec.columns_size(), 4);
  EXPECT_EQ(upload.train_spec.columns(0).name(), "op*");
  EXPECT_EQ(upload.train_spec.columns(0).kind(), v1::COLUMN_KIND_BOOLEAN);
  EXPECT_EQ(upload.train_spec.columns(2).name(), "when");
  EXPECT_EQ(upload.train_spec.columns(2).role(), v1::COLUMN_ROLE_KEY);
  EXPECT_EQ(upload.train_spec.columns(3).role(), v1::COLUMN_ROLE_LABEL);
}

TEST_F(CliTest, TrainRefusesAColumnSettingThatDoesNotFit) {
  const std::string data = " --data=" + File(kTable);
  EXPECT_THAT(Run("train pump --column=flow:float" + data).err,
              HasSubstr("expected NAME:KIND with the kind number, boolean, category or time"));
  EXPECT_THAT(Run("train pump --column=heat:number" + data).err,
              HasSubstr("no column fits --column=\"heat\"; the columns are \"when\""));
}

TEST_F(CliTest, ScoreSendsTheTableThatTheVersionKnows) {
  server_.registry.schema = PumpSchema();
  server_.detector.distort_score = [](v1::ScoreResponse& response) {
    response.set_statuses(2, v1::ROW_STATUS_INCOMPLETE);
    for (int i = 0; i < 3; ++i) {
      response.mutable_explanations(i)->clear_contributions();
      v1::FeatureContribution& flow = *response.mutable_explanations(i)->add_contributions();
      flow.set_feature(1);
      flow.set_name("flow");
      flow.set_contribution(i == 1 ? 15 : 0);
      flow.set_missing(i == 2);
      flow.set_expected(2);
      v1::FeatureContribution& protocol = *response.mutable_explanations(i)->add_contributions();
      protocol.set_feature(2);
      protocol.set_name("protocol");
      protocol.set_value(i == 0 ? "=tcp" : "udp");
      protocol.set_expected_value("tcp");
    }
  };
  const std::string command = "score pump --top-features=9 --data=" + File(kTable);
  const Result csv = Run(command + " --output=csv");
  EXPECT_EQ(csv.out,
            "row,when,score,p_value,is_anomaly,status,feature_1,contribution_1,value_1,expected_1,"
            "feature_2,contribution_2,value_2,expected_2\n"
            "0,12:00,1.0,0.5,false,OK,flow,0.0,1.0,2.0,protocol,0.0,'=tcp,tcp\n"
            "1,13:00,30.0,0.03225806451612903,true,OK,flow,15.0,30.0,2.0,protocol,0.0,udp,tcp\n"
            "2,14:00,NaN,NaN,true,INCOMPLETE,flow,0.0,,2.0,protocol,0.0,udp,tcp\n");
  EXPECT_EQ(csv.err,
            "3 rows, 2 anomalies, 1 row incomplete (pump version 2, alpha 0.1, threshold 10)\n");
  const v1::ScoreRequest request = server_.detector.score_request();
  EXPECT_FALSE(request.has_rows());
  ASSERT_EQ(request.table().columns_size(), 2);
  EXPECT_EQ(request.table().columns(0).name(), "flow");
  EXPECT_EQ(request.table().columns(1).validity(), "\x03");

  const nlohmann::ordered_json parts = RunJson(command).json()[2]["contributions"];
  EXPECT_TRUE(parts[0]["value"].is_null());
  EXPECT_EQ(parts[0]["expected"], 2.0);
  EXPECT_EQ(parts[1]["value"], "udp");
  EXPECT_EQ(parts[1]["expected"], "tcp");
  const Result table = Run(command);
  EXPECT_THAT(table.out, AllOf(HasSubstr("flow = 30: 50 %, expected 2; protocol = udp: 0 %, "
                                         "expected tcp\n"),
                               HasSubstr("flow is missing: 0 %; protocol")));
}

TEST_F(CliTest, ScoreTellsWhatATableLacks) {
  server_.registry.schema = PumpSchema();
  EXPECT_THAT(Run("score pump --data=" + File("flow\n1\n")).err,
              HasSubstr("there is no column \"protocol\"; the columns are \"flow\""));
  EXPECT_THAT(Run("score pump --data=" + File("flow,protocol\n1,a\nx,b\n")).err,
              EndsWith("line 3, column 1 (\"flow\"): \"x\" is not a number\n"));
}

TEST_F(CliTest, EvaluateKnowsTheLabelOfTheTraining) {
  server_.registry.schema = PumpSchema();
  const std::string path = File("flow,protocol,state\n1,tcp,0\n30,udp,1\n");
  EXPECT_EQ(RunJson("evaluate pump --data=" + path).json()["average_precision"], 1.0);
  EXPECT_THAT(Run("evaluate pump --label-column=label --data=" + path).err,
              HasSubstr("there is no label column \"label\""));
}

TEST_F(CliTest, ModelShowsTheSchema) {
  server_.registry.schema = PumpSchema();
  const Result table = Run("model pump");
  EXPECT_THAT(table.out,
              HasSubstr("\nColumns of the serving version\n"
                        "column    kind      role     learned                       missing  note\n"
                        "when      time      key                                    0 %\n"));
  EXPECT_THAT(table.out, HasSubstr("2 values: tcp 67 %, udp 33 %"));
  EXPECT_THAT(table.out, Not(HasSubstr("Features of the serving version")));
  const nlohmann::ordered_json schema = RunJson("model pump").json()["versions"][1]["schema"];
  EXPECT_EQ(schema["columns"].size(), 5);
  EXPECT_EQ(schema["columns"][2]["kind"], "COLUMN_KIND_CATEGORY");
  EXPECT_EQ(schema["columns"][2]["category"]["categories"][0]["category"], "tcp");
}

// Input that a test writes while the command runs.
class LiveInput : public std::streambuf {
 public:
  void Write(const std::string& text) {
    absl::MutexLock lock(&mutex_);
    text_ += text;
  }
  void Close() {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
  }

 protected:
  int_type underflow() override {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](LiveInput* input) ABSL_EXCLUSIVE_LOCKS_REQUIRED(input->mutex_) {
          return input->closed_ || !input->text_.empty();
        },
        this));
    block_ = std::exchange(text_, "");
    setg(block_.data(), block_.data(), block_.data() + block_.size());
    return block_.empty() ? traits_type::eof() : traits_type::to_int_type(block_.front());
  }
  std::streamsize showmanyc() override {
    absl::MutexLock lock(&mutex_);
    return closed_ || !text_.empty() ? 1 : 0;
  }

 private:
  absl::Mutex mutex_;
  std::string text_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::string block_;
};

// Output that a test waits for.
class LiveOutput : public std::stringbuf {
 public:
  // The first `count` lines, once they are there.
  std::string WaitForLines(int count) {
    absl::MutexLock lock(&mutex_);
    const auto are_there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return std::ranges::count(flushed_, '\n') >= count;
    };
    mutex_.Await(absl::Condition(&are_there));
    return flushed_;
  }

 protected:
  int sync() override {
    absl::MutexLock lock(&mutex_);
    flushed_ = str();
    return 0;
  }

 private:
  absl::Mutex mutex_;
  std::string flushed_ ABSL_GUARDED_BY(mutex_);
};

TEST_F(CliTest, ScoreAnswersLiveInputRowByRow) {
  for (const std::string format : {"csv", "table", "jsonl"}) {
    LiveInput input;
    LiveOutput output;
    std::istream in(&input);
    std::ostream out(&output);
    std::ostringstream err;
    const std::string server = "--server=" + server_.address();
    const std::string flag = "--output=" + format;
    const char* const argv[] = {"advae", "score", "pump", "--data=-", flag.c_str(), server.c_str()};
    int exit_code = -1;
    std::thread command(
        [&] { exit_code = RunCli(6, argv, {.in = in, .out = out, .err = err}, cancellation_); });
    const int header = format == "jsonl" ? 0 : 1;
    input.Write("flow,heat\n");
    // Each row is answered before the next one is written.
    for (int i = 0; i < 3; ++i) {
      input.Write("1," + std::to_string(i) + "\n2,");
      EXPECT_THAT(output.WaitForLines(header + 1 + 2 * i), HasSubstr(std::to_string(2 * i)));
      input.Write(std::to_string(i) + "\n\n");
      output.WaitForLines(header + 2 + 2 * i);
    }
    input.Close();
    command.join();
    EXPECT_EQ(exit_code, kExitSuccess) << err.str();
  }
}

TEST_F(CliTest, ScoreStreamsFilesOfManyChunks) {
  std::string text = "heat,flow\n";
  for (int i = 0; i < 5000; ++i) text += "0," + std::to_string(i) + "\n";
  const nlohmann::ordered_json rows = RunJson("score pump --data=" + File(text)).json();
  ASSERT_EQ(rows.size(), 5000u);
  for (int i = 0; i < 5000; ++i) {
    EXPECT_EQ(rows[i]["row"], i);
    EXPECT_EQ(rows[i]["score"], static_cast<double>(i));
  }
}

TEST_F(CliTest, ScoreOfNoRowsIsAnEmptyList) {
  const Result result = RunJson("score pump --data=-", "flow,heat\n");
  EXPECT_EQ(result.out, "[]\n");
  EXPECT_EQ(result.err, "0 rows, 0 anomalies\n");
}

TEST_F(CliTest, ScoreWithAVersionAndAlpha) {
  const Result result =
      RunJson("score pump --version=1 --alpha=0.05 --data=" + File("flow,heat\n1,2\n"));
  EXPECT_THAT(result.err, HasSubstr("pump version 1, alpha 0.05"));
}

TEST_F(CliTest, ScoreErrors) {
  const std::string rows = " --data=" + File("flow,warmth\n1,2\n");
  const Result missing_feature = Run("score pump" + rows);
  EXPECT_EQ(missing_feature.exit_code, kExitFailure);
  EXPECT_THAT(missing_feature.err,
              HasSubstr("no column \"heat\"; the columns are \"flow\", \"warmth\""));
  const Result no_model = Run("score turbine" + rows);
  EXPECT_EQ(no_model.exit_code, kExitFailure);
  EXPECT_EQ(no_model.err,
            "advae: server " + server_.address() + ": NOT_FOUND: unknown model turbine\n");
  const Result no_version = Run("score pump --version=9" + rows);
  EXPECT_EQ(no_version.exit_code, kExitFailure);
  EXPECT_THAT(no_version.err, HasSubstr("model \"pump\" has no version 9; its versions are 1, 2"));
}

TEST_F(CliTest, BrokenInputLeavesTheListOpen) {
  std::string text = "flow,heat\n";
  for (int i = 0; i < 1024; ++i) text += "1,2\n";
  const Result result = Run("score pump --output=json --data=-", text + "1,2,3\n");
  EXPECT_EQ(result.exit_code, kExitFailure);
  EXPECT_THAT(result.err, HasSubstr("standard input: line 1026: 3 cells; expected 2"));
  EXPECT_FALSE(nlohmann::json::accept(result.out));
}

TEST_F(CliTest, Threshold) {
  const Result result = RunJson("threshold pump --alpha=0.05");
  EXPECT_EQ(result.json(), nlohmann::ordered_json({{"model", "pump"},
                                                   {"version", 2},
                                                   {"alpha", 0.05},
                                                   {"threshold", 10.0},
                                                   {"bandwidth", 0.5},
                                                   {"training_scores", 1000},
                                                   {"applied", false}}));
  EXPECT_FALSE(server_.detector.threshold_request().apply());
  EXPECT_EQ(RunJson("threshold pump --alpha=0.05 --apply").json()["applied"], true);
  EXPECT_TRUE(server_.detector.threshold_request().apply());
}

TEST_F(CliTest, ThresholdCurve) {
  EXPECT_EQ(RunJson("threshold pump --curve=2").json()["curve"].dump(),
            R"([{"score":0.0,"density":0.25,"cdf":0.5},{"score":1.0,"density":0.25,"cdf":0.5}])");
  EXPECT_EQ(Run("threshold pump --curve=1 --output=csv").out, "score,density,cdf\n0.0,0.25,0.5\n");
  EXPECT_THAT(Run("threshold pump --curve=1").out,
              AllOf(HasSubstr("threshold        10\n"), HasSubstr("\n\nscore  density  cdf\n")));
}

TEST_F(CliTest, Evaluate) {
  // Scores 3, 34, 11, 0.75, of which the second and the third are anomalies by label and verdict.
  const Result result = RunJson("evaluate pump --label-column=label --data=" + File(kRows));
  EXPECT_EQ(result.json(), nlohmann::ordered_json({{"rows", 4},
                                                   {"rows_not_finite", 0},
                                                   {"anomalies", 2},
                                                   {"average_precision", 1.0},
                                                   {"roc_auc", 1.0},
                                                   {"precision", 1.0},
                                                   {"recall", 1.0},
                                                   {"f1", 1.0},
                                                   {"threshold", 10.0},
                                                   {"alpha", 0.1},
                                                   {"false_alarm_rate", 0.0},
                                                   {"false_alarms", 0},
                                                   {"expected_false_alarms", 0.2},
                                                   {"least_expected_false_alarms", 0},
                                                   {"most_expected_false_alarms", 2}}));
}

TEST_F(CliTest, EvaluateCountsMistakes) {
  const nlohmann::ordered_json quality =
      RunJson("evaluate pump --label-column=fault --data=-",
              "fault,flow,heat\n0,20,0\n1,15,0\n1,5,0\n0,1,0\n0,2,0\n")
          .json();
  EXPECT_DOUBLE_EQ(quality["average_precision"], 0.5 * 1 / 2 + 0.5 * 2 / 3);
  EXPECT_DOUBLE_EQ(quality["roc_auc"], 4.0 / 6);
  EXPECT_DOUBLE_EQ(quality["precision"], 0.5);
  EXPECT_DOUBLE_EQ(quality["recall"], 0.5);
  EXPECT_DOUBLE_EQ(quality["f1"], 0.5);
  EXPECT_DOUBLE_EQ(quality["false_alarm_rate"], 1.0 / 3);
  EXPECT_EQ(quality["false_alarms"], 1);
  EXPECT_DOUBLE_EQ(quality["expected_false_alarms"], 0.1 * 3);
  // With 1000 training scores, three alarms of three have the probability 0.001, two 0.027.
  EXPECT_EQ(quality["most_expected_false_alarms"], 2);
}

TEST_F(CliTest, EvaluateReadsOtherDialectsAndPassesOverBadLines) {
  const Result result = RunJson("evaluate pump --skip-bad-lines=1 --key=id --data=-",
                                "id;flow;heat;label\na;1,5;2;0\nb;30;4;1\nc;5;6;maybe\n");
  EXPECT_EQ(result.json()["rows"], 2);
  EXPECT_EQ(result.json()["roc_auc"], 1.0);
  EXPECT_THAT(result.err, HasSubstr("1 line was passed over; the first is line 4, column 4 "));
}

TEST_F(CliTest, EvaluateErrors) {
  const Result no_label = Run("evaluate pump --label-column=fault --data=" + File(kRows));
  EXPECT_EQ(no_label.exit_code, kExitFailure);
  EXPECT_THAT(no_label.err, HasSubstr("no label column \"fault\"; the columns are"));
  const Result one_class = Run("evaluate pump --data=-", "flow,heat,label\n1,2,0\n");
  EXPECT_EQ(one_class.exit_code, kExitFailure);
  EXPECT_THAT(one_class.err, HasSubstr("expected at least one of each"));
}

TEST_F(CliTest, EvaluateRanksRowsThatAreNotFiniteFirst) {
  const nlohmann::ordered_json quality =
      RunJson("evaluate pump --data=-",
              "flow,heat,label\n1,2,0\n1,nan,1\n1,inf,1\n,3,0\n50,1,1\n2,2,0\n")
          .json();
  EXPECT_EQ(quality["rows_not_finite"], 3);
  EXPECT_DOUBLE_EQ(quality["average_precision"], 2.0 / 3 * 2 / 3 + 1.0 / 3 * 3 / 4);
  EXPECT_DOUBLE_EQ(quality["precision"], 0.75);
  EXPECT_DOUBLE_EQ(quality["recall"], 1);
  EXPECT_DOUBLE_EQ(quality["false_alarm_rate"], 1.0 / 3);
}

TEST_F(CliTest, Models) {
  EXPECT_EQ(RunJson("models").json(), nlohmann::ordered_json::parse(R"({"models": [{
    "model": "pump", "serving_version": 2, "versions": [1, 2], "features": 2,
    "threshold": 10.0, "alpha": 0.1, "training": false}]})"));
  EXPECT_EQ(Run("models --output=csv").out,
            "model,serving_version,versions,features,threshold,alpha,training\n"
            "pump,2,\"[1,2]\",2,10.0,0.1,false\n");
  EXPECT_EQ(Run("models").out,
            "model  serving_version  versions  features  threshold  alpha  training\n"
            "pump                 2  1, 2             2         10    0.1     false\n");
}

TEST_F(CliTest, Model) {
  const nlohmann::ordered_json model = RunJson("model pump").json();
  EXPECT_THAT(Keys(model), ElementsAre("model", "serving_version", "versions", "features",
                                       "threshold", "alpha", "training"));
  ASSERT_EQ(model["versions"].size(), 2u);
  EXPECT_EQ(model["versions"][0]["feature_ranges"].dump(),
            R"([{"name":"flow","minimum":-1.0,"maximum":1.0},)"
            R"({"name":"heat","minimum":-1.0,"maximum":1.0}])");
  EXPECT_EQ(model["versions"][0]["score_quantiles"].dump(), R"([{"probability":0.5,"score":3.0}])");
  EXPECT_EQ(model["versions"][0]["threshold_history"].dump(),
            R"([{"alpha":0.1,"threshold":10.0,"set_time":"2023-11-14T22:13:20Z"}])");
  EXPECT_EQ(model["versions"][1]["threshold_history"].dump(),
            R"([{"alpha":0.1,"threshold":10.0,"set_time":"2023-11-14T22:13:20Z","set_by":"ops"}])");
  EXPECT_FALSE(model["versions"][0].contains("created_by"));
  EXPECT_EQ(model["versions"][1]["created_by"], "plant");
  EXPECT_THAT(Run("model pump --output=csv").out,
              StartsWith("version,origin,create_time,training_rows,features,threshold,alpha,seed,"
                         "data_fingerprint,created_by\n"
                         "1,trained,2023-11-14T22:13:20Z,1000,2,10.0,0.1,"));
  EXPECT_THAT(Run("model pump --output=csv").out, HasSubstr(",abc,plant\n"));
  EXPECT_THAT(
      Run("model pump").out,
      AllOf(HasSubstr("serving_version  2\n"), HasSubstr("\nVersions\n"), HasSubstr("set_time"),
            HasSubstr("ops\n"), HasSubstr("plant\n"), HasSubstr("flow          -1        1\n")));
  EXPECT_THAT(Run("model turbine").err, HasSubstr(": NOT_FOUND: unknown model turbine\n"));
}

TEST_F(CliTest, Import) {
  const Result result = RunJson("import pump --samples=100 --seed=5 --encoder=" + File("E") +
                                " --generator=" + File("G") + " --data=" + File("a,b\n1,2\n"));
  EXPECT_EQ(result.json()["origin"], "imported");
  EXPECT_FALSE(result.json().contains("final_losses"));
  EXPECT_FALSE(result.json()["hyperparameters"].contains("objective"));
  const testing::Upload upload = server_.registry.upload();
  EXPECT_EQ(upload.import_spec.model(), "pump");
  EXPECT_EQ(upload.import_spec.seed(), 5u);
  EXPECT_EQ(upload.import_spec.latent_plan().samples(), 100u);
  EXPECT_EQ(upload.encoder, "E");
  EXPECT_EQ(upload.generator, "G");
  EXPECT_THAT(upload.values, ElementsAre(1, 2));
}

TEST_F(CliTest, ImportNamesTheMissingFile) {
  const Result result = Run("import pump --encoder=/none.pt --generator=/none.pt --data=-");
  EXPECT_EQ(result.exit_code, kExitFailure);
  EXPECT_THAT(result.err, HasSubstr("/none.pt"));
}

TEST_F(CliTest, SetServing) {
  EXPECT_EQ(RunJson("set-serving pump 1").json()["serving_version"], 1);
}

TEST_F(CliTest, DeletingNeedsYes) {
  for (const char* const command : {"delete-version pump 1", "delete-model pump"}) {
    const Result result = Run(command);
    EXPECT_EQ(result.exit_code, kExitUsage);
    EXPECT_THAT(result.err, HasSubstr("--yes"));
  }
  EXPECT_TRUE(server_.registry.has_model("pump"));
  const Result version = RunJson("delete-version pump 1 --yes");
  EXPECT_EQ(version.json()["deleted_version"], 1);
  EXPECT_EQ(version.json()["versions"].dump(), "[2]");
  EXPECT_EQ(RunJson("delete-model pump --yes").json()["deleted_model"], "pump");
  EXPECT_FALSE(server_.registry.has_model("pump"));
}

TEST_F(CliTest, Health) {
  EXPECT_EQ(RunJson("health").json(),
            nlohmann::ordered_json({{"server", server_.address()}, {"status", "SERVING"}}));
  server_.SetServing("advae.repository", true);
  EXPECT_EQ(RunJson("health").json()["repository"], "READABLE");
  server_.SetServing("advae.repository", false);
  EXPECT_EQ(RunJson("health").json()["repository"], "NOT_READABLE");
  EXPECT_EQ(RunJson("health").json()["status"], "SERVING");
  server_.SetServing(false);
  const Result result = Run("health --output=json");
  EXPECT_EQ(result.exit_code, kExitFailure);
  EXPECT_EQ(result.json()["status"], "NOT_SERVING");
}

TEST_F(CliTest, GlobalOptionsMayComeBeforeTheCommand) {
  const Result result =
      RunProgram("--output=json --server=" + server_.address() + " models", {}, "", cancellation_);
  EXPECT_EQ(result.exit_code, kExitSuccess);
  EXPECT_TRUE(result.json().contains("models"));
}

TEST_F(CliTest, TheEnvironmentNamesTheServer) {
  ASSERT_EQ(setenv("ADVAE_SERVER", server_.address().c_str(), 1), 0);
  EXPECT_EQ(RunProgram("models", {}, "", cancellation_).exit_code, kExitSuccess);
  EXPECT_EQ(RunProgram("models --server=unix:/nonexistent", {}, "", cancellation_).exit_code,
            kExitFailure);
  ASSERT_EQ(unsetenv("ADVAE_SERVER"), 0);
}

TEST_F(CliTest, FullDiskIsAFailure) {
  std::ofstream full("/dev/full");
  std::istringstream in;
  std::ostringstream err;
  const std::string server = "--server=" + server_.address();
  const char* const argv[] = {"advae", "models", server.c_str()};
  EXPECT_EQ(RunCli(3, argv, {.in = in, .out = full, .err = err}, cancellation_), kExitFailure);
  EXPECT_THAT(err.str(), HasSubstr("cannot write to standard output"));
}

TEST(Cli, UnreachableServerIsNamed) {
  Cancellation cancellation;
  const Result result = RunProgram("models --server=unix:/nonexistent.sock", {}, "", cancellation);
  EXPECT_EQ(result.exit_code, kExitFailure);
  EXPECT_THAT(result.err, StartsWith("advae: server unix:/nonexistent.sock: UNAVAILABLE: "));
  EXPECT_THAT(result.out, IsEmpty());
}

struct UsageCase {
  std::string name;
  std::string line;
  std::string message;
};
void PrintTo(const UsageCase& c, std::ostream* out) { *out << c.name; }

class WrongUsage : public ::testing::TestWithParam<UsageCase> {};

TEST_P(WrongUsage, ExitsWithTwoAndSaysWhy) {
  Cancellation cancellation;
  const Result result = RunProgram(GetParam().line, {}, "", cancellation);
  EXPECT_EQ(result.exit_code, kExitUsage);
  EXPECT_THAT(result.err, HasSubstr(GetParam().message));
  EXPECT_THAT(result.out, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongUsage,
    ::testing::Values(UsageCase{"NoCommand", "", "A command is required"},
                      UsageCase{"UnknownCommand", "trian pump", "trian"},
                      UsageCase{"UnknownOption", "models --colour", "--colour"},
                      UsageCase{"NoName", "train --data=x.csv", "name is required"},
                      UsageCase{"NoData", "score pump", "--data is required"},
                      UsageCase{"UnknownFormat", "models --output=xml", "xml"},
                      UsageCase{"NoNumber", "score pump --data=- --alpha=small", "small"},
                      UsageCase{"VersionZero", "score pump --data=- --version=0", "--version"},
                      UsageCase{"NoTimeout", "models --timeout=0", "--timeout"},
                      UsageCase{"TwoCommands", "models health", "health"}),
    [](const auto& info) { return info.param.name; });

class Help : public ::testing::TestWithParam<std::string> {};

TEST_P(Help, HasExamples) {
  Cancellation cancellation;
  const Result result = RunProgram(GetParam() + " --help", {}, "", cancellation);
  EXPECT_EQ(result.exit_code, kExitSuccess);
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("Example"), HasSubstr("\n  advae "), HasSubstr(GetParam())));
  EXPECT_THAT(result.err, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(All, Help,
                         ::testing::Values("", "train", "score", "threshold", "evaluate", "models",
                                           "model", "import", "set-serving", "delete-version",
                                           "delete-model", "health"));

TEST(Cli, TellsItsVersion) {
  Cancellation cancellation;
  const Result result = RunProgram("--version", {}, "", cancellation);
  EXPECT_EQ(result.exit_code, kExitSuccess);
  EXPECT_THAT(result.out, StartsWith("advae "));
}

}  // namespace
}  // namespace advae
