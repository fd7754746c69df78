// Trains on the paper's data sets with the default hyper-parameters: floors of the average
// precision.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "model/data/data_set.h"
#include "model/data/evaluation.h"
#include "model/repository/repository.h"
#include "model/scoring/loaded_version.h"
#include "model/worker/job.h"
#include "tests/model/worker/job_files.h"
#include "tests/testing/reference_data.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::JobFiles;
using ::advae::testing::ReferenceData;

struct Floor {
  const char* name;
  double average_precision;
};
void PrintTo(const Floor& floor, std::ostream* os) { *os << floor.name; }

class AccuracyTest : public ::testing::TestWithParam<Floor> {};

TEST_P(AccuracyTest, DefaultsReachTheFloor) {
  ADVAE_SKIP_WITHOUT_REFERENCE_DATA();
  const std::string path = (*ReferenceData() / "datasets" / GetParam().name).string();
  ASSERT_OK_AND_ASSIGN(const DataSet train, ReadDataSet(path + ".train.csv", {}));
  ASSERT_OK_AND_ASSIGN(const DataSet test,
                       ReadDataSet(path + ".test.csv", {.label_column = "label"}));

  const JobFiles files;
  v1::Job job;
  job.set_repository(files.repository().string());
  job.set_threads(1);
  *job.mutable_rows() = files.Write(train.rows);
  job.mutable_train()->set_model(GetParam().name);
  ASSERT_OK_AND_ASSIGN(const v1::VersionInfo info, RunJob(job, [](const v1::JobEvent&) {}));

  ASSERT_OK_AND_ASSIGN(const Repository repository, Repository::Open(files.repository()));
  ASSERT_OK_AND_ASSIGN(VersionBundle bundle, repository.Load(info.model(), info.version()));
  ASSERT_OK_AND_ASSIGN(const auto version, LoadedVersion::Create(std::move(bundle)));
  std::vector<double> scores(test.rows.rows());
  version->scorer().Score(test.rows.view(), scores);
  ASSERT_OK_AND_ASSIGN(const RankingQuality quality, EvaluateRanking(scores, test.labels));
  EXPECT_GE(quality.average_precision, GetParam().average_precision);
  RecordProperty("average_precision", std::to_string(quality.average_precision));
}

INSTANTIATE_TEST_SUITE_P(DataSets, AccuracyTest,
                         ::testing::Values(Floor{"letter", 0.88}, Floor{"cardio", 0.90},
                                           Floor{"optical", 0.89}, Floor{"pen", 0.95},
                                           Floor{"satellite", 0.87}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace advae
