// Commands on columns of all kinds, and versions with a schema.

#include <google/protobuf/text_format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/cli/cli_fixture.h"

namespace advae {
namespace {

using ::advae::testing::CliTest;
using ::advae::testing::Result;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

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
          "--column=protocol:category --strict --missing=unknown,-999 --data=" +
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
  EXPECT_THAT(upload.train_spec.missing_marks(), ElementsAre("unknown", "-999"));
  ASSERT_EQ(upload.train_spec.columns_size(), 4);
  EXPECT_EQ(upload.train_spec.columns(0).name(), "op*");
  EXPECT_EQ(upload.train_spec.columns(0).kind(), v1::COLUMN_KIND_BOOLEAN);
  EXPECT_EQ(upload.train_spec.columns(2).name(), "when");
  EXPECT_EQ(upload.train_spec.columns(2).role(), v1::COLUMN_ROLE_KEY);
  EXPECT_EQ(upload.train_spec.columns(3).role(), v1::COLUMN_ROLE_LABEL);
}

TEST_F(CliTest, TrainSendsTheDecimalMark) {
  EXPECT_EQ(Run("train pump --data=" + File("a;b\n1,5;2\n")).exit_code, kExitSuccess);
  EXPECT_EQ(server_.detector.upload().train_spec.decimal_mark(), v1::DECIMAL_MARK_COMMA);
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
  ASSERT_EQ(request.table().columns_size(), 3);
  EXPECT_EQ(request.table().columns(0).name(), "flow");
  EXPECT_EQ(request.table().columns(1).validity(), "\x03");
  // The version's key, for the server to name rows by.
  EXPECT_EQ(request.table().columns(2).name(), "when");
  EXPECT_EQ(request.table().columns(2).strings().dictionary(2), "14:00");

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

}  // namespace
}  // namespace advae
