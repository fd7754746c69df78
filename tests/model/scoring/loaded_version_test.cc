#include "model/scoring/loaded_version.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "tests/testing/random_model.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using testing::RandomBundle;
using testing::StatusIs;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

TEST(DetectorTest, HoldsTheBundleReadyToScore) {
  ASSERT_OK_AND_ASSIGN(VersionBundle bundle, RandomBundle("pump"));
  const std::vector<double> training_scores = bundle.training_scores;
  const double threshold = bundle.info.threshold_history(0).threshold();
  ASSERT_OK_AND_ASSIGN(const auto detector, LoadedVersion::Create(std::move(bundle)));
  EXPECT_EQ(detector->info().model(), "pump");
  EXPECT_EQ(detector->scorer().features(), 3);
  EXPECT_EQ(detector->distribution().size(), training_scores.size());
  EXPECT_EQ(detector->threshold().threshold(), threshold);
  EXPECT_EQ(detector->threshold().threshold(), *detector->distribution().Threshold(0.1));
}

TEST(DetectorTest, ScoresTheTrainingRowsAsTheBundleSays) {
  const Matrix rows = testing::RandomRows(20, 3, /*seed=*/1);
  ASSERT_OK_AND_ASSIGN(VersionBundle bundle, RandomBundle("pump", /*seed=*/1));
  const std::vector<double> expected = bundle.training_scores;
  ASSERT_OK_AND_ASSIGN(const auto detector, LoadedVersion::Create(std::move(bundle)));
  std::vector<double> scores(20);
  detector->scorer().Score(rows.view(), scores);
  EXPECT_EQ(scores, expected);
}

TEST(DetectorTest, AnotherThresholdSharesTheRest) {
  ASSERT_OK_AND_ASSIGN(VersionBundle bundle, RandomBundle("pump"));
  ASSERT_OK_AND_ASSIGN(const auto detector, LoadedVersion::Create(std::move(bundle)));
  std::vector<v1::ThresholdRecord> history = {detector->threshold(), detector->threshold()};
  history[1].set_alpha(0.01);
  const auto changed = detector->WithThresholdHistory(history);
  EXPECT_EQ(changed->threshold().alpha(), 0.01);
  EXPECT_EQ(changed->info().threshold_history_size(), 2);
  EXPECT_EQ(&changed->scorer(), &detector->scorer());
  EXPECT_EQ(&changed->distribution(), &detector->distribution());
  EXPECT_EQ(detector->threshold().alpha(), 0.1);
}

TEST(DetectorTest, RejectsPartsThatDisagree) {
  ASSERT_OK_AND_ASSIGN(const VersionBundle good, RandomBundle("pump"));
  VersionBundle bundle = good;
  bundle.info.clear_threshold_history();
  EXPECT_THAT(LoadedVersion::Create(bundle), StatusIs(kInvalid, HasSubstr("no threshold")));
  bundle = good;
  bundle.plan.latent_size = 1;
  EXPECT_THAT(LoadedVersion::Create(bundle), StatusIs(kInvalid, HasSubstr("latent plan")));
  bundle = good;
  bundle.training_scores = {1};
  EXPECT_THAT(LoadedVersion::Create(bundle), StatusIs(kInvalid, HasSubstr("at least 2")));
  bundle = good;
  bundle.info.mutable_features()->RemoveLast();
  EXPECT_THAT(LoadedVersion::Create(bundle), StatusIs(kInvalid, HasSubstr("2 feature names")));
}

}  // namespace
}  // namespace advae
