// Columns that a model cannot see well: what training says of them everywhere, and that one absurd
// value does not blind it.

#include <fstream>
#include <random>
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
using ::testing::Not;

constexpr char kHeader[] = "temp,\"pressure \"\"p\"\", b\u00e2r\",flow,vibration\n";
constexpr char kPressure[] = "pressure \\\"p\\\", b\u00e2r";  // as messages have it

class ColumnWarningsTest : public ServerTest {
 protected:
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(StartServer()); }

  std::string Write(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = folder() / name;
    std::ofstream(path) << text;
    return absl::StrCat("--data=", path.string());
  }

  // 240 rows of ordinary readings, with `absurd` for the pressure of one of them.
  static std::string Readings(const std::string& absurd) {
    std::mt19937 random(1);
    std::normal_distribution<double> normal;
    std::string csv = kHeader;
    for (int i = 0; i < 240; ++i) {
      const std::string pressure = i == 100 ? absurd : absl::StrCat(5 + 0.3 * normal(random));
      absl::StrAppend(&csv, 20 + 1.5 * normal(random), ",", pressure, ",",
                      30 + 0.6 * normal(random), ",", 1.2 + 0.3 * normal(random), "\n");
    }
    return csv;
  }

  absl::StatusOr<CliResult> Run(std::vector<std::string> arguments) {
    return RunCli(server().address(), std::move(arguments));
  }
  absl::StatusOr<nlohmann::json> RunForJson(std::vector<std::string> arguments) {
    return RunCliForJson(server().address(), std::move(arguments));
  }

  // Rows 1 to 5 have a pressure of 10, 0 and 25, a flow of 60, and a pressure of -9999.
  void ExpectToSeeTheFaults(const std::string& model, const std::string& data,
                            const std::string& pressure) {
    ASSERT_OK_AND_ASSIGN(const nlohmann::json rows,
                         RunForJson({"score", model, data, "--top-features=1"}));
    ASSERT_EQ(rows.size(), 6);
    for (int i = 1; i <= 5; ++i) EXPECT_TRUE(rows[i]["is_anomaly"]) << rows[i];
    for (int i = 1; i <= 3; ++i) {
      EXPECT_EQ(rows[i]["contributions"][0]["feature"], pressure) << rows[i];
    }
  }
};

TEST_F(ColumnWarningsTest, AnAbsurdValueNeitherBlindsNorStaysUnnoticed) {
  const std::string faults =
      Write("faults.csv", absl::StrCat(kHeader,
                                       "20,5,30,1.2\n20,10,30,1.2\n20,0,30,1.2\n"
                                       "20,25,30,1.2\n20,5,60,1.2\n20,-9999,30,1.2\n"));
  for (const std::string absurd : {"-9999", "-999"}) {
    const std::string model = absl::StrCat("absurd", absurd);
    const std::string named = absl::StrCat("columns ruled by a few values: \"", kPressure, "\" (",
                                           absurd, " in 1 of 240 rows); ");
    ASSERT_OK_AND_ASSIGN(
        const CliResult training,
        Run({"train", model, Write("train.csv", Readings(absurd)), "--output=table"}));
    EXPECT_EQ(training.exit_code, 0) << training.errors;
    EXPECT_THAT(training.output, HasSubstr(absl::StrCat("  ", named)));
    ASSERT_NO_FATAL_FAILURE(ExpectToSeeTheFaults(model, faults, "pressure \"p\", b\u00e2r"));

    ASSERT_OK_AND_ASSIGN(const CliResult shown, Run({"model", model, "--output=table"}));
    EXPECT_THAT(shown.output, HasSubstr(absl::StrCat("\n", named)));
    v1::GetModelResponse response;
    ASSERT_THAT(GetModel(model, response), IsOkRpc());
    EXPECT_THAT(response.versions(0).warnings(), ::testing::Contains(HasSubstr(named)));
  }
  ASSERT_THAT(server().Stop(), IsOk());
  EXPECT_THAT(server().process().errors(), AllOf(HasSubstr("warning possible problem of a version"),
                                                 HasSubstr("-999 in 1 of 240 rows")));
}

TEST_F(ColumnWarningsTest, OrdinaryReadingsHaveNone) {
  ASSERT_OK_AND_ASSIGN(const CliResult training,
                       Run({"train", "pump", Write("train.csv", Readings("5.1")), "--epochs=2"}));
  EXPECT_EQ(training.exit_code, 0) << training.errors;
  EXPECT_THAT(training.output, Not(HasSubstr("columns ")));
}

TEST_F(ColumnWarningsTest, OfSeveralKinds) {
  std::string csv = "seconds,counter,door,flow\n";
  for (int i = 0; i < 60; ++i) {
    absl::StrAppend(&csv, 1'700'000'000 + i, ".5,", 3 * i, ",0,", i % 7, "\n");
  }
  ASSERT_OK_AND_ASSIGN(const nlohmann::json version,
                       RunForJson({"train", "pump", Write("train.csv", csv), "--epochs=2"}));
  const std::string warnings = version["warnings"].dump();
  EXPECT_THAT(warnings, HasSubstr("\\\"seconds\\\" is not used: only grows from row to row, from "
                                  "1700000000.5 to 1700000059.5"));
  EXPECT_THAT(warnings, HasSubstr("\\\"counter\\\" is not used: only grows from row to row, from 0 "
                                  "to 177"));
  EXPECT_THAT(warnings, HasSubstr("\\\"door\\\" is not used: always 0"));
}

TEST_F(ColumnWarningsTest, OfFilesAsPeopleHaveThem) {
  ADVAE_SKIP_WITHOUT_REFERENCE_DATA();
  const std::filesystem::path cases = *ReferenceData() / "cases";
  if (!std::filesystem::exists(cases)) GTEST_SKIP() << "there are no cases";
  const auto data = [&cases](const std::string& name) {
    return absl::StrCat("--data=", (cases / name).string());
  };
  for (const std::string name : {"sentinel", "sentinel999"}) {
    ASSERT_OK_AND_ASSIGN(const nlohmann::json version,
                         RunForJson({"train", name, data(name + "_train.csv")}));
    EXPECT_THAT(version["warnings"].dump(), HasSubstr("ruled by a few values: \\\"pressure\\\""));
    ASSERT_NO_FATAL_FAILURE(ExpectToSeeTheFaults(name, data("sentinel_test.csv"), "pressure"));
  }
  ASSERT_OK_AND_ASSIGN(const nlohmann::json version,
                       RunForJson({"train", "time", data("time_train.csv")}));
  EXPECT_THAT(version["warnings"].dump(),
              HasSubstr("\\\"Time\\\" is not used: only grows from row to row, from 0 to 23940"));
}

}  // namespace
}  // namespace advae::testing
