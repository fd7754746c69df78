// Imports the reference models, whose scores and thresholds an independent implementation computed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>

#include "model/data/data_set.h"
#include "model/worker/job.h"
#include "tests/model/worker/job_files.h"
#include "tests/testing/reference_data.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::JobFiles;
using ::advae::testing::ReferenceData;

class ReferenceImportTest : public ::testing::TestWithParam<std::tuple<std::string, std::string>> {
};

TEST_P(ReferenceImportTest, HasTheReferenceThreshold) {
  ADVAE_SKIP_WITHOUT_REFERENCE_DATA();
  const auto& [name, extension] = GetParam();
  const std::filesystem::path weights = *ReferenceData() / "reference" / name;
  ASSERT_OK_AND_ASSIGN(
      const DataSet train,
      ReadDataSet((*ReferenceData() / "datasets" / (name + ".train.csv")).string(), {}));
  const nlohmann::json expected =
      nlohmann::json::parse(std::ifstream(*ReferenceData() / "reference" / "summary.json"))[name];

  const JobFiles files;
  v1::Job job;
  job.set_repository(files.repository().string());
  job.set_threads(1);
  *job.mutable_rows() = files.Write(train.rows);
  job.mutable_import()->mutable_spec()->set_model(name);
  job.mutable_import()->mutable_spec()->mutable_latent_plan()->set_samples(1024);
  job.mutable_import()->set_encoder_path(weights / ("encoder" + extension));
  job.mutable_import()->set_generator_path(weights / ("generator" + extension));
  ASSERT_OK_AND_ASSIGN(const v1::VersionInfo info, RunJob(job, [](const v1::JobEvent&) {}));

  EXPECT_EQ(info.features_size(), expected["features"].get<int>());
  EXPECT_EQ(info.hyperparameters().latent_size(), expected["latent"].get<uint32_t>());
  EXPECT_EQ(info.hyperparameters().hidden_size(), expected["hidden"].get<uint32_t>());
  EXPECT_EQ(info.training_rows(), expected["train_rows"].get<uint64_t>());
  const double threshold = expected["thresholds"]["0.1"]["threshold"].get<double>();
  EXPECT_NEAR(info.threshold_history(0).threshold(), threshold, 2e-3 * threshold);
}

INSTANTIATE_TEST_SUITE_P(Models, ReferenceImportTest,
                         ::testing::Combine(::testing::Values("letter", "cardio", "optical", "pen",
                                                              "satellite"),
                                            ::testing::Values(".pt", ".safetensors")),
                         [](const auto& info) {
                           return std::get<0>(info.param) +
                                  (std::get<1>(info.param) == ".pt" ? "StateDict" : "Safetensors");
                         });

}  // namespace
}  // namespace advae
