// The paper's data sets and reference models, by the command-line tool and a server.

#include "tests/testing/reference_data.h"

#include <fstream>

#include "absl/strings/str_cat.h"
#include "tests/integration/harness/cli.h"
#include "tests/integration/harness/server_test.h"

namespace advae::testing {
namespace {

class ReferenceDataTest : public ServerTest {
 protected:
  void SetUp() override {
    ADVAE_SKIP_WITHOUT_REFERENCE_DATA();
    ASSERT_NO_FATAL_FAILURE(StartServer());
  }

  static std::string DataSetFlag(const std::string& name, const char* part) {
    const std::filesystem::path folder = *ReferenceData() / "datasets";
    return absl::StrCat("--data=", (folder / absl::StrCat(name, ".", part, ".csv")).string());
  }

  absl::StatusOr<nlohmann::json> RunForJson(std::vector<std::string> arguments) {
    return RunCliForJson(server().address(), std::move(arguments));
  }
  absl::StatusOr<nlohmann::json> Evaluate(const std::string& model) {
    return RunForJson(
        {"evaluate", model, DataSetFlag(model, "test"), "--label-column=label", "--alpha=0.1"});
  }
};

struct Floor {
  const char* data_set;
  double average_precision;
};

void PrintTo(const Floor& floor, std::ostream* out) { *out << floor.data_set; }

class TrainedQualityTest : public ReferenceDataTest, public ::testing::WithParamInterface<Floor> {};

TEST_P(TrainedQualityTest, DefaultHyperparametersReachTheFloor) {
  const auto& [name, average_precision] = GetParam();
  ASSERT_THAT(RunForJson({"train", name, DataSetFlag(name, "train")}), IsOk());
  ASSERT_OK_AND_ASSIGN(const nlohmann::json quality, Evaluate(name));
  EXPECT_GE(quality["average_precision"], average_precision);
  RecordProperty("average_precision", quality["average_precision"].dump());
}

INSTANTIATE_TEST_SUITE_P(DataSets, TrainedQualityTest,
                         ::testing::Values(Floor{"letter", 0.88}, Floor{"cardio", 0.90},
                                           Floor{"optical", 0.89}),
                         [](const auto& info) { return std::string(info.param.data_set); });

// Name of the model and extension of its files.
class ImportedQualityTest
    : public ReferenceDataTest,
      public ::testing::WithParamInterface<std::tuple<const char*, const char*>> {};

TEST_P(ImportedQualityTest, IsThatOfTheReference) {
  const std::string name = std::get<0>(GetParam()), extension = std::get<1>(GetParam());
  const std::filesystem::path reference = *ReferenceData() / "reference";
  const auto file_flag = [&](const char* network) {
    return absl::StrCat("--", network, "=",
                        (reference / name / absl::StrCat(network, ".", extension)).string());
  };
  ASSERT_THAT(RunForJson({"import", name, file_flag("encoder"), file_flag("generator"),
                          DataSetFlag(name, "train"), "--sampler=monte-carlo", "--samples=1000"}),
              IsOk());
  ASSERT_OK_AND_ASSIGN(const nlohmann::json quality, Evaluate(name));

  std::ifstream summary(reference / "summary.json");
  const nlohmann::json expected = nlohmann::json::parse(summary).at(name);
  EXPECT_EQ(quality["rows"], expected["test_rows"]);
  EXPECT_EQ(quality["anomalies"], expected["test_anomalies"]);
  EXPECT_NEAR(quality["average_precision"], expected["average_precision"], 0.002);
  EXPECT_NEAR(quality["roc_auc"], expected["roc_auc"], 0.002);
  // The draws move scores by up to 4 %, so a row near the threshold may change sides.
  for (const char* key : {"precision", "recall", "f1"}) {
    EXPECT_NEAR(quality[key], expected["thresholds"]["0.1"][key], 0.01) << key;
  }
  EXPECT_NEAR(
      quality["threshold"].get<double>() / expected["thresholds"]["0.1"]["threshold"].get<double>(),
      1, 0.007);
}

INSTANTIATE_TEST_SUITE_P(Models, ImportedQualityTest,
                         ::testing::Combine(::testing::Values("letter", "cardio", "satellite",
                                                              "optical", "pen"),
                                            ::testing::Values("safetensors", "pt")),
                         [](const auto& info) {
                           return absl::StrCat(std::get<0>(info.param), "_",
                                               std::get<1>(info.param));
                         });

}  // namespace
}  // namespace advae::testing
