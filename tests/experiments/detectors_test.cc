#include "experiments/detectors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::StatusIs;

Matrix Rows() {
  std::mt19937_64 random(1);
  std::normal_distribution<float> value;
  Matrix rows{.values = {}, .columns = 3};
  for (int i = 0; i < 60 * 3; ++i) rows.values.push_back(value(random));
  return rows;
}

// Of a training that is over at once.
DetectorOptions Options() {
  DetectorOptions options;
  options.hyperparameters.set_epochs(1);
  options.hyperparameters.set_hidden_size(4);
  return options;
}

std::vector<double> Scores(const std::string& detector, const DetectorOptions& options) {
  const Matrix rows = Rows();
  const auto found = FindDetectors({detector}, options);
  const auto fitted = found->front().fit({.set = "normal", .rows = rows.view()});
  return fitted->score(rows.view());
}

TEST(FindDetectorsTest, KnowsThePartsOfTheRecipe) {
  DetectorOptions options = Options();
  options.hyperparameters.set_memory_rows(0);
  EXPECT_EQ(Scores("ADVAE_NETWORKS", Options()), Scores("ADVAE", options));
  EXPECT_NE(Scores("ADVAE_NETWORKS", Options()), Scores("ADVAE", Options()));

  options.hyperparameters.set_memory_rows(60);
  options.hyperparameters.set_ensemble_size(3);
  EXPECT_EQ(Scores("VAE_MEMORY", Options()), Scores("VAE", options));
  EXPECT_NE(Scores("VAE_MEMORY", Options()), Scores("ADVAE", options));
}

TEST(FindDetectorsTest, TellsTheRobustOneItsContamination) {
  constexpr double kShare = 0.1;
  const Matrix rows = Rows();
  ASSERT_OK_AND_ASSIGN(const std::vector<NamedDetector> robust,
                       FindDetectors({"ADVAE_ROBUST"}, Options()));
  ASSERT_OK_AND_ASSIGN(
      const FittedDetector told,
      robust.front().fit({.set = "normal", .rows = rows.view(), .contamination = kShare}));
  DetectorOptions options = Options();
  options.hyperparameters.set_contamination(kShare);
  EXPECT_EQ(told.score(rows.view()), Scores("ADVAE", options));
  EXPECT_EQ(Scores("ADVAE_ROBUST", Options()), Scores("ADVAE", Options()));
}

TEST(FindDetectorsTest, KeepsTheOrder) {
  ASSERT_OK_AND_ASSIGN(const std::vector<NamedDetector> detectors,
                       FindDetectors({"VAE", "GAN", "ADVAE"}, {}));
  ASSERT_EQ(detectors.size(), 3);
  EXPECT_EQ(detectors[0].name, "VAE");
  EXPECT_EQ(detectors[1].name, "GAN");
  EXPECT_EQ(detectors[2].name, "ADVAE");
}

TEST(FindDetectorsTest, RejectsWhatItCannotFind) {
  constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(FindDetectors({"GANN"}, {}),
              StatusIs(kInvalid, AllOf(HasSubstr("\"GANN\""), HasSubstr("GAN, MO_GAAL, WGAN_GP"),
                                       HasSubstr("ADVAE, VAE"), HasSubstr("KNN, LOF"))));
  EXPECT_THAT(FindDetectors({""}, {}), StatusIs(kInvalid, HasSubstr("no detector \"\"")));
  EXPECT_THAT(FindDetectors({"UNSPECIFIED"}, {}), StatusIs(kInvalid, HasSubstr("no detector")));
  EXPECT_THAT(FindDetectors({"ADVAE", "ADVAE"}, {}), StatusIs(kInvalid, HasSubstr("twice")));
  EXPECT_THAT(FindDetectors({"REFERENCE"}, {}), StatusIs(kInvalid, HasSubstr("--reference")));
}

}  // namespace
}  // namespace advae
