#include "model/fitting/build_bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/distribution/score_distribution.h"
#include "model/fitting/drawn_rows.h"
#include "model/fitting/feature_names.h"
#include "model/scoring/scorer.h"
#include "tests/testing/random_model.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::RandomRows;
using testing::RandomWeights;
using testing::StatusIs;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

class BuildBundleTest : public ::testing::Test {
 protected:
  absl::StatusOr<VersionBundle> Build(const BundleOptions& options) {
    return BuildBundle(options, rows_.view(), {.networks = {weights_}}, scaler_);
  }

  Matrix rows_ = RandomRows(50, 3, /*seed=*/1);
  NetworkWeights weights_ = RandomWeights({3, 5, 4, 2, 6, 7}, /*seed=*/2);
  MinMaxScaler scaler_ = *MinMaxScaler::Fit(rows_.view());
};

TEST_F(BuildBundleTest, DescribesTheVersion) {
  ASSERT_OK_AND_ASSIGN(
      const VersionBundle bundle,
      Build({.model = "pump", .feature_names = {"a", "b", "c"}, .seed = 7, .alpha = 0.05}));
  const v1::VersionInfo& info = bundle.info;
  EXPECT_EQ(info.model(), "pump");
  EXPECT_EQ(info.version(), 0);
  EXPECT_EQ(info.seed(), 7);
  EXPECT_EQ(info.training_rows(), 50);
  ASSERT_EQ(info.features_size(), 3);
  EXPECT_EQ(info.features(1).name(), "b");
  EXPECT_EQ(info.features(1).minimum(), scaler_.minimum()[1]);
  EXPECT_EQ(info.features(1).maximum(), scaler_.maximum()[1]);
  EXPECT_EQ(info.latent_plan().samples(), 64);
  EXPECT_EQ(info.latent_plan().SerializeAsString(), bundle.plan.spec.SerializeAsString());
  EXPECT_EQ(bundle.plan.latent_size, 2);
}

// Of a number and of a category, of which training met tcp and udp.
std::shared_ptr<const TableEncoder> FlowEncoder() {
  v1::TableSchema schema;
  schema.set_strict(true);
  v1::ColumnSchema& bytes = *schema.add_columns();
  bytes.set_name("bytes");
  bytes.set_kind(v1::COLUMN_KIND_NUMBER);
  bytes.set_role(v1::COLUMN_ROLE_FEATURE);
  bytes.mutable_number()->set_maximum(10);
  v1::ColumnSchema& protocol = *schema.add_columns();
  protocol.set_name("protocol");
  protocol.set_kind(v1::COLUMN_KIND_CATEGORY);
  protocol.set_role(v1::COLUMN_ROLE_FEATURE);
  protocol.mutable_category()->set_encoding(v1::CATEGORY_ENCODING_ONE_HOT);
  for (const char* const name : {"tcp", "udp"}) {
    v1::CategoryCount& category = *protocol.mutable_category()->add_categories();
    category.set_category(name);
    category.set_count(25);
  }
  auto encoder = TableEncoder::Create(std::move(schema));
  EXPECT_THAT(encoder, IsOk());
  return *std::move(encoder);
}

TEST_F(BuildBundleTest, RelatesNoFeaturesOfOneCategory) {
  const std::shared_ptr<const TableEncoder> encoder = FlowEncoder();
  ASSERT_EQ(encoder->features(), 4) << "bytes, tcp, udp and others";
  Matrix rows = RandomRows(50, 4, /*seed=*/1);
  for (size_t i = 0; i < 50; ++i) {
    const float is_tcp = i % 3 == 0 ? 1 : 0;
    std::ranges::copy(std::vector<float>{is_tcp, 1 - is_tcp, 0}, rows.values.data() + 4 * i + 1);
  }
  weights_ = RandomWeights({4, 5, 4, 2, 6, 7}, /*seed=*/2);
  scaler_ = *MinMaxScaler::Fit(rows.view());
  const auto build = [&](std::shared_ptr<const TableEncoder> of_table) {
    return BuildBundle({.model = "flows",
                        .feature_names = {"bytes", "tcp", "udp", "others"},
                        .memory_rows = 50,
                        .encoder = std::move(of_table)},
                       rows.view(), {.networks = {weights_}}, scaler_);
  };
  ASSERT_OK_AND_ASSIGN(const VersionBundle numbers, build(nullptr));
  EXPECT_TRUE(numbers.neighborhood->relations.has_value()) << "so that the test can tell";
  ASSERT_OK_AND_ASSIGN(const VersionBundle table, build(encoder));
  EXPECT_FALSE(table.neighborhood->relations.has_value());
}

TEST_F(BuildBundleTest, RemembersRowsWhenAsked) {
  ASSERT_OK_AND_ASSIGN(const VersionBundle without, Build({.model = "pump"}));
  EXPECT_FALSE(without.neighborhood.has_value());
  ASSERT_OK_AND_ASSIGN(const VersionBundle bundle, Build({.model = "pump", .memory_rows = 40}));
  ASSERT_TRUE(bundle.neighborhood.has_value());
  EXPECT_EQ(bundle.neighborhood->memory.rows.rows(), 40);
  EXPECT_EQ(bundle.training_scores.size(), 50);
  // Networks and weights are those of the version without.
  EXPECT_EQ(bundle.ensemble.front().weight, without.ensemble.front().weight);
  ASSERT_OK_AND_ASSIGN(const auto scorer,
                       Scorer::Create(bundle.ensemble, scaler_, bundle.plan, bundle.neighborhood));
  std::vector<double> scores(50);
  scorer->Score(rows_.view(), scores);
  for (size_t i = 0; i < 50; ++i) {
    // A remembered row has itself as its nearest once it is scored.
    EXPECT_LE(scores[i], bundle.training_scores[i] + 1e-9);
  }
}

TEST_F(BuildBundleTest, WarnsOfAMemoryOfFewRows) {
  ASSERT_OK_AND_ASSIGN(const VersionBundle few, Build({.model = "pump", .memory_rows = 40}));
  EXPECT_THAT(few.info.warnings(), ElementsAre(HasSubstr("only 50 training rows")));
  ASSERT_OK_AND_ASSIGN(const VersionBundle without, Build({.model = "pump"}));
  EXPECT_THAT(without.info.warnings(), IsEmpty());
  rows_ = RandomRows(100, 3, /*seed=*/1);
  ASSERT_OK_AND_ASSIGN(const VersionBundle more, Build({.model = "pump", .memory_rows = 40}));
  EXPECT_THAT(more.info.warnings(), IsEmpty());
}

TEST_F(BuildBundleTest, AbsurdValuesHaveNoPartInTheBalanceOfAMemory) {
  Matrix rows = RandomRows(60, 3, 1);
  rows.values[3 * 7 + 1] = -9999;
  const MinMaxScaler scaler = *MinMaxScaler::FitRobust(rows.view());
  std::vector<uint32_t> held_out_from(60);
  for (size_t i = 0; i < 60; ++i) held_out_from[i] = static_cast<uint32_t>(i % 2);
  ASSERT_OK_AND_ASSIGN(
      const VersionBundle bundle,
      BuildBundle({.model = "pump", .memory_rows = 60}, rows.view(),
                  {.networks = {weights_, weights_}, .held_out_from = held_out_from}, scaler));
  const double ratio = bundle.ensemble[0].weight / bundle.ensemble[1].weight;
  EXPECT_GT(ratio, 0.5);
  EXPECT_LT(ratio, 2);
}

TEST_F(BuildBundleTest, LearnsScoresAndThreshold) {
  ASSERT_OK_AND_ASSIGN(const VersionBundle bundle, Build({.model = "pump", .alpha = 0.2}));
  ASSERT_OK_AND_ASSIGN(const auto scorer, Scorer::Create(bundle.ensemble, scaler_, bundle.plan));
  std::vector<double> scores(50);
  scorer->Score(rows_.view(), scores);
  EXPECT_EQ(bundle.training_scores, scores);

  ASSERT_OK_AND_ASSIGN(const ScoreDistribution distribution, ScoreDistribution::Fit(scores));
  const v1::VersionInfo& info = bundle.info;
  EXPECT_EQ(info.bandwidth(), distribution.bandwidth());
  ASSERT_EQ(info.threshold_history_size(), 1);
  EXPECT_EQ(info.threshold_history(0).alpha(), 0.2);
  EXPECT_EQ(info.threshold_history(0).threshold(), *distribution.Threshold(0.2));
  EXPECT_GT(info.threshold_history(0).set_time().seconds(), 0);
  double previous = 0;
  for (const v1::ScoreQuantile& quantile : info.score_quantiles()) {
    EXPECT_EQ(quantile.score(), distribution.Quantile(quantile.probability()));
    EXPECT_GE(quantile.score(), previous);
    previous = quantile.score();
  }
  EXPECT_EQ(info.score_quantiles(0).probability(), 0);
  EXPECT_EQ(info.score_quantiles().rbegin()->probability(), 1);
}

TEST_F(BuildBundleTest, AddsRowsThatWereLeftOut) {
  const std::vector<uint32_t> kept = {1, 2, 3, 5, 8, 13, 21, 34, 40, 41, 42, 43, 44, 45, 46, 49};
  const Matrix some = CopyRows(rows_.view(), kept);
  for (const uint32_t memory_rows : {0, 9}) {
    const BundleOptions options = {
        .model = "pump", .trimmed_share = 0.1, .memory_rows = memory_rows, .threads = 3};
    ASSERT_OK_AND_ASSIGN(const VersionBundle before,
                         BuildBundle(options, some.view(), {.networks = {weights_}}, scaler_));
    VersionBundle bundle = before;
    ASSERT_THAT(AddLeftOutRows(options, rows_.view(), kept, bundle), IsOk());
    EXPECT_EQ(bundle.info.training_rows(), 50);
    EXPECT_EQ(bundle.info.left_out_rows(), 34);
    EXPECT_EQ(bundle.info.trimmed_share(), 0.1);
    ASSERT_OK_AND_ASSIGN(const VersionBundle all, Build({.model = "pump"}));
    EXPECT_EQ(bundle.info.data_fingerprint(), all.info.data_fingerprint());

    // As new rows, or as they were.
    ASSERT_OK_AND_ASSIGN(const auto scorer, Scorer::Create(before.ensemble, scaler_, before.plan,
                                                           before.neighborhood));
    std::vector<double> scores(50);
    scorer->Score(rows_.view(), scores);
    for (size_t i = 0; i < kept.size(); ++i) scores[kept[i]] = before.training_scores[i];
    EXPECT_EQ(bundle.training_scores, scores);
    ASSERT_OK_AND_ASSIGN(const ScoreDistribution distribution,
                         ScoreDistribution::Fit(WithoutHighest(scores, 0.1)));
    ASSERT_EQ(bundle.info.threshold_history_size(), 1);
    EXPECT_EQ(bundle.info.threshold_history(0).threshold(), *distribution.Threshold(0.1));
    EXPECT_EQ(bundle.info.score_quantiles_size(), before.info.score_quantiles_size());
    EXPECT_EQ(bundle.info.score_quantiles().rbegin()->score(), distribution.Quantile(1));

    if (memory_rows == 0) continue;
    const NeighborhoodMemory& memory = bundle.neighborhood->memory;
    EXPECT_EQ(memory.rows.values, before.neighborhood->memory.rows.values);
    for (size_t i = 0; i < 9; ++i) {
      const Matrix row = CopyRows(rows_.view(), std::span(memory.training_rows).subspan(i, 1));
      EXPECT_EQ(scaler_.Transform(row.view()).values,
                std::vector<float>(memory.rows.row(i).begin(), memory.rows.row(i).end()));
    }
  }
}

// sha256sum of the bytes of the floats 1, 2 and 3, 4.
TEST_F(BuildBundleTest, FingerprintsTheRows) {
  const Matrix rows{.values = {1, 2, 3, 4}, .columns = 2};
  ASSERT_OK_AND_ASSIGN(
      const VersionBundle bundle,
      BuildBundle({.model = "m"}, rows.view(), {.networks = {RandomWeights({2, 2, 2, 1, 2, 2}, 1)}},
                  *MinMaxScaler::Fit(rows.view())));
  EXPECT_EQ(bundle.info.data_fingerprint(),
            "ad73b9acd6e4a74b2f5bb5386658ce3bb146cd040a1867646ab3b973fb6632b1");
}

TEST_F(BuildBundleTest, DoesNotDependOnThreads) {
  ASSERT_OK_AND_ASSIGN(const VersionBundle one, Build({.model = "m", .threads = 1}));
  for (const int threads : {2, 7, 49, 200}) {
    ASSERT_OK_AND_ASSIGN(const VersionBundle many, Build({.model = "m", .threads = threads}));
    EXPECT_EQ(many.training_scores, one.training_scores);
  }
}

TEST_F(BuildBundleTest, NamesColumnsThatHaveNone) {
  ASSERT_OK_AND_ASSIGN(const VersionBundle bundle, Build({.model = "m"}));
  EXPECT_EQ(bundle.info.features(0).name(), "x0");
  EXPECT_EQ(bundle.info.features(2).name(), "x2");
}

TEST_F(BuildBundleTest, RejectsBadArguments) {
  EXPECT_THAT(Build({.model = "m", .feature_names = {"a"}}),
              StatusIs(kInvalid, HasSubstr("3 columns, got 1")));
  EXPECT_THAT(Build({.model = "m", .alpha = 1}), StatusIs(kInvalid, HasSubstr("alpha")));
  EXPECT_THAT(Build({.model = "m", .threads = 0}), StatusIs(kInvalid, HasSubstr("1 thread")));
  v1::LatentPlanSpec no_samples;
  no_samples.set_samples(0);
  EXPECT_THAT(Build({.model = "m", .latent_plan = no_samples}),
              StatusIs(kInvalid, HasSubstr("samples")));
  weights_.encoder.mean.bias[0] = NAN;
  EXPECT_THAT(Build({.model = "m"}), StatusIs(kInvalid, HasSubstr("encoder.mean")));
}

TEST_F(BuildBundleTest, RejectsBadRows) {
  const auto build = [&](MatrixView rows) {
    return BuildBundle({.model = "m"}, rows, {.networks = {weights_}}, scaler_);
  };
  EXPECT_THAT(build({rows_.values.data(), 1, 3}), StatusIs(kInvalid, HasSubstr("at least 2")));
  EXPECT_THAT(build({rows_.values.data(), 0, 3}), StatusIs(kInvalid, HasSubstr("got 0 rows")));
  EXPECT_THAT(build({rows_.values.data(), 6, 2}),
              StatusIs(kInvalid, HasSubstr("of 3 columns, as the networks have, got 6 rows of 2")));
  rows_.values[7] = INFINITY;
  EXPECT_THAT(build(rows_.view()), StatusIs(kInvalid, HasSubstr("row 2, column 1")));
}

TEST_F(BuildBundleTest, RejectsAScalerThatDoesNotFit) {
  scaler_ = *MinMaxScaler::FromRanges({0}, {1});
  EXPECT_THAT(Build({.model = "m"}), StatusIs(kInvalid, HasSubstr("scaler has 1")));
}

TEST(FeatureNamesTest, Defaults) {
  EXPECT_THAT(DefaultFeatureNames(3), ElementsAre("x0", "x1", "x2"));
  EXPECT_THAT(ValidateFeatureNames(DefaultFeatureNames(1000), 1000), IsOk());
}

TEST(FeatureNamesTest, RejectsBadNames) {
  const std::string longest(256, 'n');
  EXPECT_THAT(ValidateFeatureNames({longest, "\xe6\xb8\xa9\xe5\xba\xa6"}, 2), IsOk());
  EXPECT_THAT(ValidateFeatureNames({"a", ""}, 2), StatusIs(kInvalid, HasSubstr("feature name 1")));
  EXPECT_THAT(ValidateFeatureNames({longest + "n"}, 1), StatusIs(kInvalid, HasSubstr("got 257")));
  EXPECT_THAT(ValidateFeatureNames({"\xff"}, 1), StatusIs(kInvalid, HasSubstr("UTF-8")));
  EXPECT_THAT(ValidateFeatureNames({"a\xe6\xb8"}, 1), StatusIs(kInvalid, HasSubstr("UTF-8")));
  EXPECT_THAT(ValidateFeatureNames({"a", "b", "a"}, 3),
              StatusIs(kInvalid, HasSubstr("'a' appears more than once")));
}

}  // namespace
}  // namespace advae
