#include <nlohmann/json.hpp>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/cli/cli_fixture.h"

namespace advae {
namespace {

using ::advae::testing::CliTest;
using ::advae::testing::kRows;
using ::advae::testing::Result;
using ::testing::HasSubstr;

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
  const Result no_row = Run("evaluate pump --data=-", "flow,heat,label\n");
  EXPECT_EQ(no_row.exit_code, kExitFailure);
  EXPECT_THAT(no_row.err, HasSubstr("there are no rows"));
}

TEST_F(CliTest, EvaluateTellsTheFalseAlarmsOfNormalRowsAlone) {
  const Result result =
      RunJson("evaluate pump --data=-", "flow,heat,label\n1,2,0\n20,0,0\n3,1,0\n2,2,0\n");
  EXPECT_THAT(result.err, HasSubstr("the file has no anomaly by its labels; average precision and "
                                    "ROC AUC need rows of both kinds"));
  EXPECT_EQ(result.json(), nlohmann::ordered_json({{"rows", 4},
                                                   {"rows_not_finite", 0},
                                                   {"anomalies", 0},
                                                   {"average_precision", nullptr},
                                                   {"roc_auc", nullptr},
                                                   {"precision", nullptr},
                                                   {"recall", nullptr},
                                                   {"f1", nullptr},
                                                   {"threshold", 10.0},
                                                   {"alpha", 0.1},
                                                   {"false_alarm_rate", 0.25},
                                                   {"false_alarms", 1},
                                                   {"expected_false_alarms", 0.4},
                                                   {"least_expected_false_alarms", 0},
                                                   {"most_expected_false_alarms", 2}}));
}

TEST_F(CliTest, EvaluateTellsTheRecallOfAnomaliesAlone) {
  const Result result = RunJson("evaluate pump --data=-", "flow,heat,label\n30,2,1\n2,0,1\n");
  EXPECT_THAT(result.err, HasSubstr("the file has no normal row by its labels"));
  EXPECT_EQ(result.json()["recall"], 0.5);
  for (const char* const name : {"roc_auc", "precision", "false_alarm_rate", "false_alarms"}) {
    EXPECT_TRUE(result.json()[name].is_null()) << name;
  }
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

}  // namespace
}  // namespace advae
