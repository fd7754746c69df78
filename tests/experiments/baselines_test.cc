#include "experiments/baselines/baselines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "experiments/detectors.h"
#include "model/data/evaluation.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::Each;
using ::testing::Ge;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;
using ::testing::Truly;

constexpr size_t kFeatures = 4;

// Rows from one of two clusters, at -1 and 1 in all features.
Matrix Clusters(size_t rows, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> noise(0, 0.1F);
  Matrix matrix{.values = {}, .columns = kFeatures};
  for (size_t i = 0; i < rows * kFeatures; ++i) {
    matrix.values.push_back((i / kFeatures % 2 == 0 ? -1.0F : 1.0F) + noise(random));
  }
  return matrix;
}

// Anomalies from all around the clusters, after as many other rows of them.
Matrix TestRows(size_t anomalies) {
  Matrix rows = Clusters(anomalies, /*seed=*/2);
  std::mt19937_64 random(3);
  std::uniform_real_distribution<float> anywhere(-3, 3);
  for (size_t i = 0; i < anomalies * kFeatures; ++i) rows.values.push_back(anywhere(random));
  return rows;
}

class BaselineTest : public ::testing::TestWithParam<std::string> {
 protected:
  static absl::StatusOr<FittedDetector> Fit(MatrixView rows, uint64_t seed) {
    return Baselines().at(GetParam())({.set = "clusters", .rows = rows, .seed = seed});
  }
};

TEST_P(BaselineTest, TellsAnomaliesFromNormalRows) {
  constexpr size_t kAnomalies = 200;
  const Matrix train = Clusters(600, /*seed=*/1);
  ASSERT_OK_AND_ASSIGN(const FittedDetector detector, Fit(train.view(), /*seed=*/1));
  std::vector<bool> labels(2 * kAnomalies);
  std::fill(labels.begin() + kAnomalies, labels.end(), true);
  ASSERT_OK_AND_ASSIGN(const RankingQuality quality,
                       EvaluateRanking(detector.score(TestRows(kAnomalies).view()), labels));
  EXPECT_GT(quality.roc_auc, 0.65);
}

TEST_P(BaselineTest, SameSeedGivesSameScores) {
  const Matrix train = Clusters(20, /*seed=*/1);
  const Matrix test = TestRows(20);
  ASSERT_OK_AND_ASSIGN(const FittedDetector first, Fit(train.view(), /*seed=*/5));
  ASSERT_OK_AND_ASSIGN(const FittedDetector second, Fit(train.view(), /*seed=*/5));
  EXPECT_EQ(first.score(test.view()), second.score(test.view()));
  EXPECT_EQ(first.distribution->scores(), second.distribution->scores());
}

TEST_P(BaselineTest, TakesFewRowsAndScoresFarOnes) {
  const Matrix train = Clusters(2, /*seed=*/1);
  ASSERT_OK_AND_ASSIGN(const FittedDetector detector, Fit(train.view(), /*seed=*/1));
  EXPECT_THAT(detector.distribution->scores(), Each(Ge(0)));
  const Matrix far{.values = {3e38F, -3e38F, 1e30F, 0, 0, 0, 0, -1e30F}, .columns = kFeatures};
  EXPECT_THAT(detector.score(far.view()), Each(Truly([](double s) { return std::isfinite(s); })));
}

TEST_P(BaselineTest, RejectsRowsThatAreNotFinite) {
  Matrix train = Clusters(10, /*seed=*/1);
  train.values[5] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(Fit(train.view(), 1),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("finite")));
}

INSTANTIATE_TEST_SUITE_P(All, BaselineTest, ::testing::Values("GAN", "MO_GAAL", "WGAN_GP"),
                         [](const auto& name) { return name.param; });

TEST(BaselinesTest, AreFoundByName) {
  for (const auto& [name, fit] : Baselines()) {
    EXPECT_THAT(FindDetectors({name}, {}).status(), IsOk());
  }
}

}  // namespace
}  // namespace advae
