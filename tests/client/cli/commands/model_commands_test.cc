// Commands that show and change models that there are: models, model, threshold, import,
// set-serving, delete-version, delete-model, undelete and deleted.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/cli/cli_fixture.h"

namespace advae {
namespace {

using ::advae::testing::CliTest;
using ::advae::testing::Keys;
using ::advae::testing::Result;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

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

TEST_F(CliTest, ManyVersionsAreListedAsRanges) {
  server_.registry.other_versions = {3, 4, 7, 9, 10, 120};
  EXPECT_THAT(Run("models").out, HasSubstr("  1-4, 7, 9, 10, 120  "));
  EXPECT_EQ(RunJson("models").json()["models"][0]["versions"].dump(), "[1,2,3,4,7,9,10,120]");
}

TEST_F(CliTest, ModelsOfAServerWithoutAnIndex) {
  server_.inference.is_known = false;
  const Result result = Run("models");
  EXPECT_EQ(result.exit_code, kExitSuccess);
  EXPECT_THAT(result.out, HasSubstr("pump"));
  EXPECT_EQ(result.err, "");
}

TEST_F(CliTest, WhatTheServerDoesNotHoldIsNamed) {
  v1::LeftOutVersion version;
  version.set_version(3);
  version.set_reason("it cannot be loaded");
  server_.registry.left_out = {version};
  for (const std::string output : {"table", "json", "csv"}) {
    EXPECT_EQ(Run("models --output=" + output).err,
              "model pump: the server does not hold version 3: it cannot be loaded\n");
    EXPECT_EQ(Run("model pump --output=" + output).err,
              "the server does not hold version 3: it cannot be loaded\n");
  }
  const Result chosen = RunJson("set-serving pump 3");
  EXPECT_EQ(chosen.json()["serving_version"], 2);
  EXPECT_EQ(chosen.err,
            "version 3 is chosen to serve, but the server does not hold it; version 2 answers "
            "instead (advae model pump says why)\n");
  EXPECT_EQ(RunJson("set-serving pump 1").err, "");
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

TEST_F(CliTest, DeletingSaysHowToUndoIt) {
  EXPECT_THAT(Run("delete-version pump 1 --yes").out,
              AllOf(HasSubstr("kept_until       2023-11-14T22:13:20Z\n"),
                    HasSubstr("undo             advae undelete pump 1\n")));
  EXPECT_FALSE(RunJson("delete-version pump 1 --permanently --yes").json().contains("undo"));
  EXPECT_EQ(RunJson("delete-model pump --yes").json(),
            nlohmann::ordered_json({{"deleted_model", "pump"},
                                    {"kept_until", "2023-11-14T22:13:20Z"},
                                    {"undo", "advae undelete pump"}}));
}

TEST_F(CliTest, DeletingPermanentlySaysNothingOfIt) {
  EXPECT_EQ(RunJson("delete-model pump --permanently --yes").json(),
            nlohmann::ordered_json({{"deleted_model", "pump"}}));
}

TEST_F(CliTest, Undelete) {
  const Result result = RunJson("undelete pump 3");
  EXPECT_EQ(result.json()["restored_versions"].dump(), "[3]");
  EXPECT_EQ(result.json()["versions"].dump(), "[1,2,3]");
  EXPECT_EQ(RunJson("undelete pump").json()["restored_versions"].dump(), "[3]");
  EXPECT_THAT(Run("undelete pump 4").err, HasSubstr(": NOT_FOUND: "));
  EXPECT_EQ(Run("undelete pump 0").exit_code, kExitUsage);
}

TEST_F(CliTest, Deleted) {
  EXPECT_EQ(RunJson("deleted").json(), nlohmann::ordered_json::parse(R"({"deleted_versions": [{
    "model": "pump", "version": 3, "delete_time": "2023-11-07T22:13:20Z",
    "expire_time": "2023-11-14T22:13:20Z"}]})"));
  EXPECT_EQ(Run("deleted pump").out,
            "model  version  delete_time           expire_time\n"
            "pump         3  2023-11-07T22:13:20Z  2023-11-14T22:13:20Z\n");
  EXPECT_EQ(Run("deleted fan --output=csv").out, "model,version,delete_time,expire_time\n");
}

}  // namespace
}  // namespace advae
