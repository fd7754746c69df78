#include "model/scoring/version_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <numeric>
#include <ostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "model/repository/bundle_files.h"
#include "model/scoring/loaded_version.h"
#include "tests/testing/memory_use.h"
#include "tests/testing/random_model.h"
#include "tests/testing/small_table.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

using testing::IsOk;
using testing::TemporaryFolder;

constexpr uint64_t kMegabyte = 1 << 20;

Neighborhood RandomNeighborhood(const VersionShape& shape) {
  Neighborhood neighborhood;
  NeighborhoodMemory& memory = neighborhood.memory;
  memory.rows = testing::RandomRows(shape.memory_rows, shape.features, 1);
  memory.rank_map = RankMap::Fit(memory.rows.view());
  memory.training_rows.resize(shape.memory_rows);
  std::iota(memory.training_rows.begin(), memory.training_rows.end(), 0);
  memory.scaled_radii.assign(shape.memory_rows, 1);
  memory.ranked_radii.assign(shape.memory_rows, 1);
  return neighborhood;
}

VersionBundle BundleOf(const VersionShape& shape) {
  std::mt19937 random(1);
  std::lognormal_distribution<double> heavy_tailed(0, 1);  // so that the table of p-values is large
  VersionBundle bundle{.info = {},
                       .ensemble = {},
                       .scaler = *MinMaxScaler::FromRanges(std::vector<float>(shape.features, 0),
                                                           std::vector<float>(shape.features, 1)),
                       .plan = *DrawLatentPlan({}, 1, 1),
                       .training_scores = {}};
  const auto h = static_cast<size_t>(shape.hidden_size);
  for (size_t i = 0; i < shape.members; ++i) {
    EnsembleMember member{
        .networks = testing::RandomWeights({shape.features, h, h, shape.latent_size, h, h}, 1)};
    if (shape.whitened) member.whitening.assign(shape.features * shape.features, 0.5f);
    bundle.ensemble.push_back(std::move(member));
  }
  v1::LatentPlanSpec plan;
  plan.set_samples(static_cast<uint32_t>(shape.samples));
  bundle.plan = *DrawLatentPlan(plan, shape.latent_size, 1);
  for (size_t i = 0; i < shape.training_rows; ++i) {
    bundle.training_scores.push_back(heavy_tailed(random));
  }

  v1::VersionInfo& info = bundle.info;
  info.set_model("m");
  info.set_training_rows(shape.training_rows);
  *info.mutable_latent_plan() = bundle.plan.spec;
  info.mutable_hyperparameters()->set_hidden_size(static_cast<uint32_t>(shape.hidden_size));
  info.mutable_hyperparameters()->set_latent_size(static_cast<uint32_t>(shape.latent_size));
  info.mutable_hyperparameters()->set_ensemble_size(static_cast<uint32_t>(shape.members));
  info.mutable_hyperparameters()->set_error_metric(shape.whitened ? v1::ERROR_METRIC_WHITENED
                                                                  : v1::ERROR_METRIC_SQUARED);
  info.mutable_hyperparameters()->set_memory_rows(static_cast<uint32_t>(shape.memory_rows));
  if (shape.memory_rows > 0) bundle.neighborhood = RandomNeighborhood(shape);
  const size_t name_bytes = shape.feature_name_bytes / shape.features;
  for (size_t j = 0; j < shape.features; ++j) {
    const std::string number = std::to_string(j);
    info.add_features()->set_name(std::string(name_bytes - number.size(), 'n') + number);
  }
  info.add_threshold_history()->set_alpha(0.1);
  return bundle;
}

struct ShapeCase {
  const char* name;
  VersionShape shape;
};
void PrintTo(const ShapeCase& test_case, std::ostream* out) { *out << test_case.name; }

class VersionMemoryTest : public ::testing::TestWithParam<ShapeCase> {};

TEST_P(VersionMemoryTest, BoundsWhatALoadedVersionTakes) {
  if (!testing::kCanMeasureMemory) GTEST_SKIP() << "the allocator is a sanitizer's";
  const VersionShape& shape = GetParam().shape;
  const TemporaryFolder folder;
  {
    const VersionBundle bundle = BundleOf(shape);
    ASSERT_OK_AND_ASSIGN(const auto files, WriteTensorFiles(folder.path(), bundle));
    v1::VersionManifest manifest;
    manifest.set_format(BundleFormat(bundle));
    *manifest.mutable_info() = bundle.info;
    manifest.mutable_files()->Add(files.begin(), files.end());
    ASSERT_THAT(WriteManifest(folder.path(), std::move(manifest)), IsOk());
  }
  ASSERT_OK_AND_ASSIGN(const v1::VersionManifest manifest, ReadManifest(folder.path()));
  const VersionMemory estimate = EstimateVersionMemory(manifest);
  const VersionMemory from_shape = EstimateVersionMemory(shape);
  EXPECT_EQ(estimate.held, from_shape.held);
  EXPECT_GE(estimate.loading, from_shape.loading);

  const testing::MemoryMeter meter;
  std::shared_ptr<const LoadedVersion> detector;
  {
    ASSERT_OK_AND_ASSIGN(VersionBundle bundle, ReadBundle(folder.path()));
    ASSERT_OK_AND_ASSIGN(detector, LoadedVersion::Create(std::move(bundle)));
  }
  const uint64_t peak = meter.Peak();
  const uint64_t held = meter.Held();
  EXPECT_LE(held, estimate.held + kMegabyte);
  EXPECT_LE(estimate.held, held + held / 2 + 2 * kMegabyte);
  // Give or take what the allocator rounds.
  EXPECT_LE(peak, (estimate.held + estimate.loading) / 20 * 21 + kMegabyte);
  // The table of p-values is counted as large as it can come.
  EXPECT_LE(estimate.held + estimate.loading, 4 * peak + 2 * kMegabyte);

  const Matrix rows = testing::RandomRows(64, shape.features, 1);
  std::vector<double> scores(64);
  const testing::MemoryMeter scoring;
  ScoringMemory memory;
  detector->scorer().Score(rows.view(), scores, {}, memory);
  const uint64_t scratch = scoring.Held();
  EXPECT_LE(scratch, estimate.scratch + kMegabyte);
  RecordProperty("held", std::to_string(held));
  RecordProperty("estimate_held", std::to_string(estimate.held));
  RecordProperty("peak", std::to_string(peak));
  RecordProperty("estimate_peak", std::to_string(estimate.held + estimate.loading));
}

INSTANTIATE_TEST_SUITE_P(All, VersionMemoryTest,
                         ::testing::Values(ShapeCase{"Usual",
                                                     {.features = 20,
                                                      .hidden_size = 128,
                                                      .latent_size = 7,
                                                      .members = 6,
                                                      .samples = 64,
                                                      .training_rows = 10'000,
                                                      .feature_name_bytes = 200}},
                                           ShapeCase{"WideLayers",
                                                     {.features = 8,
                                                      .hidden_size = 1500,
                                                      .latent_size = 8,
                                                      .members = 2,
                                                      .samples = 64,
                                                      .training_rows = 100,
                                                      .feature_name_bytes = 80}},
                                           ShapeCase{"ManyMembers",
                                                     {.features = 30,
                                                      .hidden_size = 300,
                                                      .latent_size = 10,
                                                      .members = 24,
                                                      .samples = 64,
                                                      .training_rows = 100,
                                                      .feature_name_bytes = 300}},
                                           ShapeCase{"ManySamples",
                                                     {.features = 4,
                                                      .hidden_size = 64,
                                                      .latent_size = 48,
                                                      .members = 8,
                                                      .samples = 16'384,
                                                      .training_rows = 100,
                                                      .feature_name_bytes = 40}},
                                           ShapeCase{"WideLatentSpace",
                                                     {.features = 4,
                                                      .hidden_size = 400,
                                                      .latent_size = 2000,
                                                      .members = 2,
                                                      .samples = 256,
                                                      .training_rows = 100,
                                                      .feature_name_bytes = 40}},
                                           ShapeCase{"Whitened",
                                                     {.features = 1200,
                                                      .hidden_size = 64,
                                                      .latent_size = 20,
                                                      .members = 4,
                                                      .samples = 64,
                                                      .training_rows = 100,
                                                      .feature_name_bytes = 12'000,
                                                      .whitened = true}},
                                           ShapeCase{"ManyFeatures",
                                                     {.features = 20'000,
                                                      .hidden_size = 32,
                                                      .latent_size = 4,
                                                      .members = 2,
                                                      .samples = 64,
                                                      .training_rows = 100,
                                                      .feature_name_bytes = 4'000'000}},
                                           ShapeCase{"ManyRows",
                                                     {.features = 4,
                                                      .hidden_size = 32,
                                                      .latent_size = 2,
                                                      .members = 1,
                                                      .samples = 64,
                                                      .training_rows = 1'000'000,
                                                      .feature_name_bytes = 40}},
                                           ShapeCase{"ManyRemembered",
                                                     {.features = 40,
                                                      .hidden_size = 32,
                                                      .latent_size = 2,
                                                      .members = 2,
                                                      .samples = 16,
                                                      .training_rows = 40'000,
                                                      .feature_name_bytes = 400,
                                                      .memory_rows = 30'000}},
                                           ShapeCase{"FewRememberedOfManyFeatures",
                                                     {.features = 3000,
                                                      .hidden_size = 8,
                                                      .latent_size = 2,
                                                      .members = 1,
                                                      .samples = 16,
                                                      .training_rows = 500,
                                                      .feature_name_bytes = 30'000,
                                                      .memory_rows = 500}}),
                         [](const auto& info) { return info.param.name; });

// Mostly of columns that are no features.
TEST(VersionMemory, CountsTheSchema) {
  if (!testing::kCanMeasureMemory) GTEST_SKIP() << "the allocator is a sanitizer's";
  const TemporaryFolder folder;
  {
    v1::TableSchema schema = testing::PumpSchema();
    for (int i = 0; i < 60'000; ++i) {
      v1::ColumnSchema& column = *schema.add_columns();
      column.set_name(std::string(250, 'n') + std::to_string(i));
      column.set_role(v1::COLUMN_ROLE_KEY);
    }
    ASSERT_OK_AND_ASSIGN(VersionBundle bundle,
                         testing::TableBundle("m", schema, testing::PumpTable(20)));
    *bundle.info.mutable_schema() = schema;
    ASSERT_OK_AND_ASSIGN(const auto files, WriteTensorFiles(folder.path(), bundle));
    v1::VersionManifest manifest;
    manifest.set_format(BundleFormat(bundle));
    *manifest.mutable_info() = bundle.info;
    manifest.mutable_files()->Add(files.begin(), files.end());
    ASSERT_THAT(WriteManifest(folder.path(), std::move(manifest)), IsOk());
  }
  VersionMemory estimate;
  {
    ASSERT_OK_AND_ASSIGN(const v1::VersionManifest manifest, ReadManifest(folder.path()));
    estimate = EstimateVersionMemory(manifest);
  }
  const testing::MemoryMeter meter;
  std::shared_ptr<const LoadedVersion> detector;
  {
    ASSERT_OK_AND_ASSIGN(VersionBundle bundle, ReadBundle(folder.path()));
    ASSERT_OK_AND_ASSIGN(detector, LoadedVersion::Create(std::move(bundle)));
  }
  EXPECT_LE(meter.Held(), estimate.held + kMegabyte);
  EXPECT_LE(meter.Peak(), estimate.held + estimate.loading + kMegabyte);
  EXPECT_LE(estimate.held, 2 * meter.Held());
  RecordProperty("held", std::to_string(meter.Held()));
  RecordProperty("estimate_held", std::to_string(estimate.held));
  RecordProperty("peak", std::to_string(meter.Peak()));
  RecordProperty("estimate_peak", std::to_string(estimate.held + estimate.loading));
}

TEST(VersionMemory, HugeNumbersStandAtTheEndOfTheRange) {
  constexpr uint64_t kEnd = std::numeric_limits<uint64_t>::max();
  EXPECT_EQ(EstimateVersionMemory(VersionShape{.hidden_size = kEnd}).held, kEnd);
  EXPECT_EQ((VersionMemory{.held = kEnd, .loading = 1, .scratch = 1}.Total(5)), kEnd);
  EXPECT_EQ((VersionMemory{.held = 1, .loading = 2, .scratch = 3}.Total(4)), 15);
  EXPECT_EQ(SaturatingAdd(kEnd, 1), kEnd);
  EXPECT_EQ(ToBytes(1e300), kEnd);
  EXPECT_EQ(ToBytes(1.5), 2);
}

TEST(MemoryUse, AddsWhatIsHeldAndTakesTheMostOfTheRest) {
  const MemoryUse use = MemoryUse()
                            .With({.held = 10, .loading = 5, .scratch = 1})
                            .With({.held = 20, .loading = 3, .scratch = 2});
  EXPECT_EQ(use.held(), 30);
  EXPECT_EQ(use.Total(4), 30 + 5 + 4 * 2);
}

TEST(VersionMemory, FilesHaveTheLastWord) {
  v1::VersionManifest manifest;
  v1::BundleFile& file = *manifest.add_files();
  file.set_bytes(uint64_t{1} << 40);
  EXPECT_GE(EstimateVersionMemory(manifest).held, uint64_t{1} << 40);
  file.set_bytes(std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(EstimateVersionMemory(manifest).held, std::numeric_limits<uint64_t>::max());
}

}  // namespace
}  // namespace advae
