// `advae train --report` and `advae evaluate --report` against the fake server.

#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cli/cli.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/cli/cli_fixture.h"

namespace advae {
namespace {

using ::advae::testing::CliTest;
using ::advae::testing::Result;
using ::advae::testing::RunProgram;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kRows[] = "flow,heat,label\n1,2,0\n30,4,1\n5,6,1\n0.5,0.25,0\n3,1,1\n9,8,0\n";

class ReportsTest : public CliTest {
 protected:
  // Runs `advae` and returns its exit code; errors are in `err_`.
  int Run(std::vector<std::string> words, const std::string& input = "") {
    words.push_back("--server=" + server_.address());
    const Result result = RunProgram("", words, input, cancellation_);
    err_ = result.err;
    return result.exit_code;
  }

  std::string Path(const std::string& name) const { return (folder_.path() / name).string(); }

  std::string Data() const {
    std::ofstream(Path("rows.csv")) << kRows;
    return "--data=" + Path("rows.csv");
  }

  // What the report's script reads.
  nlohmann::json Content() const {
    std::ostringstream text;
    text << std::ifstream(Path("report.html")).rdbuf();
    const std::string html = text.str();
    const std::string start = "id=\"content\">";
    const size_t first = html.find(start) + start.size();
    return nlohmann::json::parse(html.substr(first, html.find("</script>", first) - first));
  }

  std::vector<std::string> Headings() const {
    std::vector<std::string> headings;
    const nlohmann::json content = Content();
    for (const nlohmann::json& section : content["sections"])
      headings.push_back(section["heading"]);
    return headings;
  }

  // The first cells of the rows of the first table below `heading`.
  std::vector<std::string> FirstCells(const std::string& heading) const {
    std::vector<std::string> cells;
    const nlohmann::json content = Content();
    for (const nlohmann::json& section : content["sections"]) {
      if (section["heading"] != heading) continue;
      const nlohmann::json block = section["blocks"].empty() ? "" : section["blocks"][0];
      if (!block.contains("rows")) continue;  // none
      for (const nlohmann::json& row : block["rows"]) cells.push_back(row[0]);
    }
    return cells;
  }

  std::string err_;
};

TEST_F(ReportsTest, OfATraining) {
  ASSERT_EQ(
      Run({"train", "pump", Data(), "--label-column=label", "--report=" + Path("report.html")}),
      kExitSuccess)
      << err_;
  EXPECT_EQ(Content()["title"], "Training of pump, version 3");
  EXPECT_THAT(Headings(),
              ElementsAre("Training", "Loss curves", "Scores", "Most anomalous training rows",
                          "Hyper-parameters and provenance"));
  EXPECT_THAT(FirstCells("Most anomalous training rows"),
              ElementsAre("1", "5", "2", "4", "0", "3"));
}

TEST_F(ReportsTest, OfATrainingBeginWithItsWarnings) {
  server_.detector.warnings = {"columns without variation: \"flow\" (always 5)", "another"};
  ASSERT_EQ(
      Run({"train", "pump", Data(), "--label-column=label", "--report=" + Path("report.html")}),
      kExitSuccess)
      << err_;
  EXPECT_EQ(Headings().front(), "Warnings");
  EXPECT_THAT(FirstCells("Warnings"),
              ElementsAre("columns without variation: \"flow\" (always 5)", "another"));
}

TEST_F(ReportsTest, OfATrainingLeaveScoresThatAreNotFiniteOutOfTheChart) {
  server_.detector.distort_score = [](v1::ScoreResponse& response) {
    if (response.scores_size() < 2) return;
    response.set_scores(0, std::numeric_limits<double>::infinity());
    response.set_scores(1, std::numeric_limits<double>::quiet_NaN());
  };
  ASSERT_EQ(
      Run({"train", "pump", Data(), "--label-column=label", "--report=" + Path("report.html")}),
      kExitSuccess)
      << err_;
  const nlohmann::json content = Content();
  for (const nlohmann::json& section : content["sections"]) {
    if (section["heading"] != "Scores") continue;
    EXPECT_THAT(section.dump(), Not(HasSubstr("\"xMax\":null")));
  }
}

TEST_F(ReportsTest, OfAnEvaluation) {
  ASSERT_EQ(Run({"evaluate", "pump", Data(), "--report=" + Path("report.html")}), kExitSuccess)
      << err_;
  EXPECT_EQ(Content()["title"], "Evaluation of pump, version 2");
  EXPECT_THAT(Headings(),
              ElementsAre("Measures", "Ranking", "Scores and calibration", "Most anomalous rows",
                          "Features of the most anomalous rows", "False alarms", "Missed anomalies",
                          "Hyper-parameters and provenance"));
  EXPECT_THAT(FirstCells("Most anomalous rows"), ElementsAre("1", "5", "2", "4", "0", "3"));
  EXPECT_THAT(FirstCells("False alarms"), ElementsAre("5"));
  EXPECT_THAT(FirstCells("Missed anomalies"), ElementsAre("4"));
}

TEST_F(ReportsTest, OfAnEvaluationOfStandardInput) {
  ASSERT_EQ(Run({"evaluate", "pump", "--data=-", "--report=" + Path("report.html")}, kRows),
            kExitSuccess)
      << err_;
  EXPECT_THAT(FirstCells("False alarms"), ElementsAre("5"));
}

TEST_F(ReportsTest, OfAnEvaluationShowRowsThatAreNotFiniteFirst) {
  ASSERT_EQ(Run({"evaluate", "pump", "--data=-", "--report=" + Path("report.html")},
                "flow,heat,label\n1,2,0\nnan,1,1\n30,4,1\n1,inf,0\n"),
            kExitSuccess)
      << err_;
  EXPECT_THAT(FirstCells("Most anomalous rows"), ElementsAre("1", "3", "2", "0"));
  EXPECT_THAT(FirstCells("False alarms"), ElementsAre("3"));
}

TEST_F(ReportsTest, OfAnEvaluationOfRowsOfOneKindRateNoRanking) {
  for (const std::string label : {"0", "1"}) {
    const std::string rows =
        absl::StrCat("flow,heat,label\n1,2,", label, "\n30,4,", label, "\n3,1,", label, "\n");
    ASSERT_EQ(Run({"evaluate", "pump", "--data=-", "--report=" + Path("report.html")}, rows),
              kExitSuccess)
        << err_;
    const std::string content = Content().dump();
    EXPECT_THAT(content, HasSubstr("[\"roc_auc\",\"-\"]"));
    EXPECT_THAT(content, HasSubstr("A ranking can be rated where there are rows of both kinds."));
    EXPECT_EQ(absl::StrContains(content, "Calibration: share of the normal rows"), label == "0");
    using Cells = std::vector<std::string>;
    EXPECT_EQ(FirstCells("False alarms"), label == "0" ? Cells{"1"} : Cells());
    EXPECT_EQ(FirstCells("Missed anomalies"), label == "1" ? Cells({"0", "2"}) : Cells());
  }
}

TEST_F(ReportsTest, ShowTheSchemaAndExplainTables) {
  v1::TableSchema schema;
  for (const char* const name : {"flow", "heat"}) {
    v1::ColumnSchema& column = *schema.add_columns();
    column.set_name(name);
    column.set_kind(v1::COLUMN_KIND_NUMBER);
    column.set_role(v1::COLUMN_ROLE_FEATURE);
  }
  server_.registry.schema = schema;
  ASSERT_EQ(Run({"evaluate", "pump", Data(), "--report=" + Path("report.html")}), kExitSuccess)
      << err_;
  EXPECT_THAT(FirstCells("Columns"), ElementsAre("flow", "heat"));
  EXPECT_THAT(FirstCells("Most anomalous rows"), ElementsAre("1", "5", "2", "4", "0", "3"));
  EXPECT_THAT(Content().dump(), HasSubstr("flow = 30: 88 %, expected 0"));
  EXPECT_TRUE(server_.detector.score_request().has_table());
}

TEST_F(ReportsTest, OfATrainingNeedAFile) {
  EXPECT_EQ(Run({"train", "pump", "--data=-", "--report=" + Path("report.html")}, kRows),
            kExitFailure);
  EXPECT_THAT(err_, HasSubstr("--data must be an ordinary file, not standard input"));
  EXPECT_THAT(server_.detector.upload().values, IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(Path("report.html")));
}

TEST_F(ReportsTest, ThatCannotBeWrittenFailBeforeTheWork) {
  const std::string report = "--report=" + Path("no/report.html");
  EXPECT_EQ(Run({"train", "pump", Data(), report}), kExitFailure);
  EXPECT_THAT(err_, HasSubstr("cannot write the report " + Path("no/report.html")));
  EXPECT_THAT(server_.detector.upload().values, IsEmpty());
  EXPECT_EQ(Run({"evaluate", "pump", Data(), report}), kExitFailure);
  EXPECT_THAT(err_, HasSubstr("cannot write the report " + Path("no/report.html")));
}

TEST_F(ReportsTest, SayThatTheVersionIsThereWhenOnlyTheyFail) {
  server_.detector.before_scoring = [] {
    return grpc::Status(grpc::StatusCode::INTERNAL, "no scores today");
  };
  EXPECT_EQ(
      Run({"train", "pump", Data(), "--label-column=label", "--report=" + Path("report.html")}),
      kExitFailure);
  EXPECT_THAT(
      err_, HasSubstr("the version was trained, but its report was not written: no scores today"));
  EXPECT_FALSE(std::filesystem::exists(Path("report.html")));
}

}  // namespace
}  // namespace advae
