#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/cli/cli_fixture.h"

namespace advae {
namespace {

using ::advae::testing::CliTest;
using ::advae::testing::Keys;
using ::advae::testing::kRows;
using ::advae::testing::Result;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

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

TEST_F(CliTest, ScoreGivesEachKeyANameOfItsOwn) {
  const std::string path = File("key_row,row,flow,heat\na,b,1,2\n");
  const std::string command = "score pump --output=csv --data=" + path;
  EXPECT_THAT(Run(command + " --key=key_row --key=row").out,
              StartsWith("row,key_row,key_key_row,score"));
  EXPECT_THAT(Run(command + " --key=row --key=key_row").out,
              StartsWith("row,key_row,key_key_row,score"));
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

}  // namespace
}  // namespace advae
