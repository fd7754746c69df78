#include "model/fitting/import_bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "model/scoring/scaler.h"
#include "tests/testing/random_model.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::RandomRows;
using testing::RandomWeights;
using testing::StatusIs;

TEST(ImportBundleTest, IsTheBundleOfTheNetworksAndTheRowsScaler) {
  const BundleOptions options{.model = "pump", .seed = 7};
  const Matrix rows = RandomRows(50, 3, /*seed=*/1);
  const NetworkWeights networks = RandomWeights({3, 5, 4, 2, 6, 7}, /*seed=*/2);
  ASSERT_OK_AND_ASSIGN(const VersionBundle bundle, ImportBundle(options, networks, rows.view()));
  ASSERT_OK_AND_ASSIGN(MinMaxScaler scaler, MinMaxScaler::Fit(rows.view()));
  EXPECT_EQ(bundle.scaler.minimum(), scaler.minimum());
  EXPECT_EQ(bundle.scaler.maximum(), scaler.maximum());
  ASSERT_OK_AND_ASSIGN(const VersionBundle built,
                       BuildBundle(options, rows.view(), {.networks = {networks}}, scaler));
  EXPECT_EQ(bundle.training_scores, built.training_scores);
}

TEST(ImportBundleTest, DescribesTheNetworks) {
  const Matrix rows = RandomRows(50, 3, /*seed=*/1);
  ASSERT_OK_AND_ASSIGN(
      const VersionBundle bundle,
      ImportBundle({.model = "pump"}, RandomWeights({3, 5, 4, 2, 6, 7}, /*seed=*/2), rows.view()));
  EXPECT_EQ(bundle.info.origin(), v1::ORIGIN_IMPORTED);
  EXPECT_EQ(bundle.info.hyperparameters().latent_size(), 2);
  EXPECT_EQ(bundle.info.hyperparameters().hidden_size(), 5);
  EXPECT_FALSE(bundle.info.hyperparameters().has_epochs());
}

TEST(ImportBundleTest, RemembersRowsWhenItIsAsked) {
  const Matrix rows = RandomRows(50, 3, /*seed=*/1);
  const NetworkWeights networks = RandomWeights({3, 5, 4, 2, 6, 7}, /*seed=*/2);
  ASSERT_OK_AND_ASSIGN(const VersionBundle alone,
                       ImportBundle({.model = "pump"}, networks, rows.view()));
  EXPECT_FALSE(alone.neighborhood.has_value());
  EXPECT_FALSE(alone.info.hyperparameters().has_memory_rows());
  ASSERT_OK_AND_ASSIGN(const VersionBundle bundle,
                       ImportBundle({.model = "pump", .memory_rows = 40}, networks, rows.view()));
  EXPECT_EQ(bundle.neighborhood->memory.rows.rows(), 40);
  EXPECT_EQ(bundle.info.hyperparameters().memory_rows(), 40);
  EXPECT_NE(bundle.training_scores, alone.training_scores);
}

TEST(ImportBundleTest, WarnsOfColumns) {
  Matrix rows = RandomRows(50, 3, /*seed=*/1);
  for (size_t i = 0; i < 50; ++i) rows.values[3 * i + 1] = 5;
  rows.values[3 * 7 + 2] = -999;
  ASSERT_OK_AND_ASSIGN(const VersionBundle bundle,
                       ImportBundle({.model = "pump", .feature_names = {"a", "door", "level"}},
                                    RandomWeights({3, 5, 4, 2, 6, 7}, /*seed=*/2), rows.view()));
  EXPECT_THAT(bundle.info.warnings(), ElementsAre(HasSubstr("\"door\" (always 5)"),
                                                  HasSubstr("\"level\" (-999 in 1 of 50 rows)")));
}

TEST(ImportBundleTest, RefusesRowsThatAreNotFinite) {
  Matrix rows = RandomRows(50, 3, /*seed=*/1);
  rows.values[4] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(
      ImportBundle({.model = "pump"}, RandomWeights({3, 5, 4, 2, 6, 7}, /*seed=*/2), rows.view()),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("training row 1, column 1")));
}

}  // namespace
}  // namespace advae
