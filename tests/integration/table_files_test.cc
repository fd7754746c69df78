// Tables as people have them, through the programs: which files are read, what is matched by name,
// and what is said of the others.

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/integration/harness/cli.h"
#include "tests/integration/harness/server_test.h"
#include "tests/testing/reference_data.h"

namespace advae::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class TableFilesTest : public ServerTest {
 protected:
  void SetUp() override {
    if (!ReferenceData() || !std::filesystem::exists(*ReferenceData() / "cases")) {
      GTEST_SKIP() << "there are no cases: ADVAE_REFERENCE_DATA names no folder that has them";
    }
    cases_ = *ReferenceData() / "cases";
    ASSERT_NO_FATAL_FAILURE(StartServer());
  }

  std::string Data(const std::string& name) const {
    return absl::StrCat("--data=", (cases_ / name).string());
  }
  absl::StatusOr<CliResult> Run(std::vector<std::string> arguments) {
    return RunCli(server().address(), std::move(arguments));
  }
  absl::StatusOr<nlohmann::json> RunForJson(std::vector<std::string> arguments) {
    return RunCliForJson(server().address(), std::move(arguments));
  }
  void Train(const std::string& model, const std::string& file,
             std::vector<std::string> flags = {}) {
    std::vector<std::string> arguments = {"train", model, Data(file), "--epochs=2"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    ASSERT_THAT(RunForJson(arguments), IsOk());
  }
  // What `advae` says when it fails.
  std::string ErrorOf(std::vector<std::string> arguments) {
    const absl::StatusOr<CliResult> result = Run(std::move(arguments));
    if (!result.ok()) return result.status().ToString();
    EXPECT_EQ(result->exit_code, 1) << result->output;
    return result->errors;
  }
  void ExpectSameScores(const std::string& model, const std::string& file,
                        const nlohmann::json& expected) {
    ASSERT_OK_AND_ASSIGN(const nlohmann::json rows, RunForJson({"score", model, Data(file)}));
    EXPECT_EQ(rows, expected) << file;
  }

  std::filesystem::path cases_;
};

TEST_F(TableFilesTest, ADialectChangesNoScore) {
  ASSERT_NO_FATAL_FAILURE(Train("base", "base.csv"));
  ASSERT_OK_AND_ASSIGN(const nlohmann::json expected,
                       RunForJson({"score", "base", Data("base_test.csv")}));
  ASSERT_EQ(expected.size(), 20);
  for (const char* const file :
       {"blank_end.csv", "blank_mid.csv",    "bom.csv",          "comment.csv",
        "cr.csv",        "crlf.csv",         "ctrlz.csv",        "decimalcomma_quoted.csv",
        "dup_extra.csv", "euro.csv",         "extra_latin1.csv", "extra_text.csv",
        "hdrspace.csv",  "index.csv",        "nonl.csv",         "quoted.csv",
        "reordered.csv", "semi.csv",         "sep_line.csv",     "spaces.csv",
        "tab.csv",       "trail_all.csv",    "trail_rows.csv",   "ts_score.csv",
        "utf16.csv",     "utf16le_nobom.csv"}) {
    ExpectSameScores("base", file, expected);
  }
}

TEST_F(TableFilesTest, AMarkOfAMissingCellIsOne) {
  ASSERT_NO_FATAL_FAILURE(Train("base", "base.csv"));
  for (const char* const file :
       {"cell_empty.csv", "cell_NA.csv", "cell_NaT.csv", "cell_dash.csv", "cell_nan.csv",
        "cell_none.csv", "cell_null.csv", "cell_q.csv", "cell_ws.csv"}) {
    ASSERT_OK_AND_ASSIGN(const nlohmann::json rows, RunForJson({"score", "base", Data(file)}));
    ASSERT_EQ(rows.size(), 20);
    EXPECT_EQ(rows[2]["status"], "INCOMPLETE") << file;
    EXPECT_EQ(rows[3]["status"], "OK") << file;
  }
  for (const char* const file :
       {"cell_inf.csv", "cell_ninf.csv", "cell_big.csv", "cell_e400.csv"}) {
    ASSERT_OK_AND_ASSIGN(const nlohmann::json rows, RunForJson({"score", "base", Data(file)}));
    EXPECT_EQ(rows[2]["status"], "NOT_FINITE") << file;
    EXPECT_EQ(rows[2]["score"], "Infinity") << file;
  }
}

TEST_F(TableFilesTest, NumbersMayHaveThousands) {
  ASSERT_NO_FATAL_FAILURE(Train("base", "base.csv"));
  for (const char* const file : {"cell_thou.csv", "cell_thou2.csv"}) {  // 1,234.5 and 1 234.5
    ASSERT_OK_AND_ASSIGN(const nlohmann::json rows, RunForJson({"score", "base", Data(file)}));
    ASSERT_EQ(rows.size(), 20);
    EXPECT_EQ(rows[2]["status"], "OK") << file;
    EXPECT_EQ(rows[2]["is_anomaly"], true) << file;
  }
  ASSERT_OK_AND_ASSIGN(const CliResult result, Run({"score", "base", Data("cell_thou.csv")}));
  EXPECT_THAT(result.errors,
              HasSubstr("cell_thou.csv: line 4, column 2 (\"pressure\"): \"1,234.5\" is read as "
                        "1234.5, with separators between its thousands\n"));
  ASSERT_OK_AND_ASSIGN(const CliResult usual, Run({"score", "base", Data("cell_nbsp.csv")}));
  EXPECT_THAT(usual.errors, ::testing::Not(HasSubstr("thousands")));
}

TEST_F(TableFilesTest, AnErrorNamesLineColumnTextAndWhatItIs) {
  ASSERT_NO_FATAL_FAILURE(Train("base", "base.csv"));
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"cell_TRUE.csv", "\"TRUE\" is not a number (a truth value; expected 1 or 0)"},
      {"cell_cat.csv", "\"open\" is not a number"},
      {"cell_d.csv", "\"1.5d\" is not a number (there is text after the number"},
      {"cell_hex.csv", "\"0x1F\" is not a number (hexadecimal"},
      {"cell_iso.csv", "\"2026-01-02T03:04:05Z\" is not a number (a date or time)"},
      {"cell_money.csv", "\"$1.50\" is not a number (an amount of money"},
      {"cell_pct.csv", "\"12%\" is not a number (a percentage"}};
  for (const auto& [file, problem] : cases) {
    EXPECT_THAT(ErrorOf({"score", "base", Data(file)}),
                HasSubstr(absl::StrCat("line 4, column 2 (\"pressure\"): ", problem)));
  }
  const std::vector<std::pair<std::string, std::string>> files = {
      {"book.xlsx", "ZIP archive, as Excel workbooks (xlsx) are"},
      {"case.csv", "there is no column \"temp\"; did you mean \"Temp\"?"},
      {"dup.csv", "columns 3 and 4 have the same name, \"flow\""},
      {"empty.csv", "empty; expected a header line"},
      {"missingcol.csv", "there is no column \"flow\"; the columns are \"temp\""},
      {"short_row.csv", "line 4: 3 cells; expected 4"},
      {"unclosed.csv", "double quote without its closing one"}};
  for (const auto& [file, problem] : files) {
    EXPECT_THAT(ErrorOf({"score", "base", Data(file)}), HasSubstr(problem));
  }
}

TEST_F(TableFilesTest, NamesOfAllLanguagesAreReadAndMatched) {
  ASSERT_NO_FATAL_FAILURE(Train("names", "names_train.csv"));
  ASSERT_OK_AND_ASSIGN(const nlohmann::json expected,
                       RunForJson({"score", "names", Data("names_test.csv")}));
  ExpectSameScores("names", "names_nfd.csv", expected);
  EXPECT_THAT(ErrorOf({"score", "names", Data("names_missing.csv")}),
              HasSubstr("there is no column \"Gr\u00f6\u00dfe [\u00b0C]\"; the columns are"));
  EXPECT_THAT(ErrorOf({"score", "names", Data("names_bad.csv")}),
              HasSubstr("(\"Gr\u00f6\u00dfe [\u00b0C]\"): \"kaputt\" is not a number"));

  ASSERT_OK_AND_ASSIGN(const CliResult training,
                       Run({"train", "latin1", Data("latin1_train.csv"), "--epochs=2"}));
  EXPECT_EQ(training.exit_code, 0) << training.errors;
  EXPECT_THAT(training.errors, HasSubstr("not UTF-8, and read as Windows-1252"));
  ASSERT_OK_AND_ASSIGN(const nlohmann::json model, RunForJson({"model", "latin1"}));
  EXPECT_EQ(model["versions"][0]["schema"]["columns"][0]["name"], "Temp (\u00b0C)") << model;
  ASSERT_THAT(RunForJson({"score", "latin1", Data("latin1_train.csv")}), IsOk());
}

TEST_F(TableFilesTest, LabelsAreRecognisedOrCanBeNamed) {
  ASSERT_NO_FATAL_FAILURE(Train("base", "base.csv"));
  const auto evaluate = [&](const std::string& file, std::vector<std::string> flags) {
    std::vector<std::string> arguments = {"evaluate", "base", Data(file)};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    return arguments;
  };
  const auto expect_anomalies = [&](const std::string& file, std::vector<std::string> flags) {
    ASSERT_OK_AND_ASSIGN(const nlohmann::json measures, RunForJson(evaluate(file, flags)));
    EXPECT_EQ(measures["anomalies"], 3) << file;
    EXPECT_EQ(measures["average_precision"], 1) << file;
  };
  for (const char* const file :
       {"lab_TF.csv", "lab_fl.csv", "lab_q.csv", "lab_swat.csv", "lab_yn.csv", "lab_nan.csv"}) {
    ASSERT_NO_FATAL_FAILURE(expect_anomalies(file, {}));
  }
  ASSERT_NO_FATAL_FAILURE(expect_anomalies("lab_Class.csv", {"--label-column=Class"}));
  ASSERT_NO_FATAL_FAILURE(expect_anomalies("lab_swat2.csv", {"--normal-label=Normal"}));
  ASSERT_NO_FATAL_FAILURE(expect_anomalies("lab_pm.csv", {"--normal-label=1"}));
  EXPECT_THAT(
      ErrorOf(evaluate("lab_swat2.csv", {})),
      HasSubstr("\"A ttack\" is not a label; expected 0 and 1, false and true, or normal and "
                "anomaly; if the rows have other labels, say which are those of normal ones "
                "with --normal-label"));
  for (const char* const file : {"lab_pm.csv", "lab_missing.csv", "lab_mixed.csv"}) {
    EXPECT_THAT(ErrorOf(evaluate(file, {})), HasSubstr("is not a label")) << file;
  }
  for (const char* const file : {"swat_label_only.csv", "swat_like.csv"}) {
    EXPECT_THAT(ErrorOf({"train", "swat", Data(file)}),
                HasSubstr("column \"Normal/Attack\" looks like a label: its only value is Normal"));
    ASSERT_NO_FATAL_FAILURE(Train("swat", file, {"--label-column=Normal/Attack"}));
  }
}

TEST_F(TableFilesTest, TimesAndKeysAreCarriedIntoTheResults) {
  ASSERT_NO_FATAL_FAILURE(Train("nab", "nab_like.csv", {"--key=timestamp"}));
  ASSERT_OK_AND_ASSIGN(const nlohmann::json rows,
                       RunForJson({"score", "nab", Data("nab_like.csv")}));
  EXPECT_EQ(rows[2]["timestamp"], "2031-03-01 00:10:00");
  ASSERT_NO_FATAL_FAILURE(Train("base", "base.csv"));
  ASSERT_OK_AND_ASSIGN(
      const nlohmann::json tagged,
      RunForJson({"score", "base", Data("ts_score.csv"), "--key=timestamp", "--key=tag"}));
  EXPECT_EQ(tagged[1]["timestamp"], "2031-03-01 00:05:00");
  EXPECT_EQ(tagged[1]["tag"], "pump-7");
}

TEST_F(TableFilesTest, AGrowingColumnIsLeftOutWithAWarning) {
  ASSERT_OK_AND_ASSIGN(const nlohmann::json version,
                       RunForJson({"train", "time", Data("time_train.csv"), "--epochs=20"}));
  EXPECT_THAT(version["warnings"].dump(), HasSubstr("only grows from row to row, from 0 to 23940"));
  ASSERT_OK_AND_ASSIGN(const nlohmann::json rows,
                       RunForJson({"score", "time", Data("time_test.csv"), "--anomalies-only"}));
  EXPECT_LT(rows.size(), 15);
}

TEST_F(TableFilesTest, ADecoyForAMissingReadingIsNamedAndCanBeMadeMissing) {
  ASSERT_OK_AND_ASSIGN(const nlohmann::json version,
                       RunForJson({"train", "pump", Data("sentinel_train.csv"), "--epochs=2"}));
  EXPECT_THAT(
      version["warnings"].dump(),
      AllOf(HasSubstr("\\\"pressure\\\" (-9999 in 1 of 240 rows)"), HasSubstr("--missing")));
  ASSERT_NO_FATAL_FAILURE(Train("mended", "sentinel_train.csv", {"--missing=-9999"}));
  ASSERT_OK_AND_ASSIGN(
      const nlohmann::json rows,
      RunForJson({"score", "mended", Data("sentinel_test.csv"), "--missing=-9999"}));
  for (int i = 1; i <= 3; ++i) EXPECT_TRUE(rows[i]["is_anomaly"]) << rows[i];
  EXPECT_EQ(rows[5]["status"], "INCOMPLETE");
}

TEST_F(TableFilesTest, TruthValuesAreReadAsTrainingHadThem) {
  ASSERT_NO_FATAL_FAILURE(Train("words", "bool_train.csv"));
  ASSERT_OK_AND_ASSIGN(const nlohmann::json rows,
                       RunForJson({"score", "words", Data("onehot_test.csv")}));
  EXPECT_EQ(rows.size(), 8);
}

}  // namespace
}  // namespace advae::testing
