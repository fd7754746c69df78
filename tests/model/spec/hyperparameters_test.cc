#include "model/spec/hyperparameters.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::IsOk;
using ::advae::testing::StatusIs;

v1::Hyperparameters Parse(const std::string& text) {
  v1::Hyperparameters parameters;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &parameters)) << text;
  return parameters;
}

struct BadCase {
  const char* name;
  const char* parameters;
  const char* message;
};
void PrintTo(const BadCase& test_case, std::ostream* os) { *os << test_case.name; }

class BadHyperparametersTest : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadHyperparametersTest, NamesFieldValueAndRange) {
  const v1::Hyperparameters parameters = Parse(GetParam().parameters);
  EXPECT_THAT(ValidateHyperparameters(parameters),
              StatusIs(absl::StatusCode::kInvalidArgument, GetParam().message));
  EXPECT_THAT(ResolveHyperparameters(parameters, {.rows = 10, .features = 3}),
              StatusIs(absl::StatusCode::kInvalidArgument, GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Ranges, BadHyperparametersTest,
    ::testing::Values(
        BadCase{"NoLatentSpace", "latent_size: 0",
                "hyper-parameter latent_size is 0, expected 1 to 4096"},
        BadCase{"HugeLatentSpace", "latent_size: 4097",
                "hyper-parameter latent_size is 4097, expected 1 to 4096"},
        BadCase{"NoHiddenUnits", "hidden_size: 0",
                "hyper-parameter hidden_size is 0, expected 1 to 8192"},
        BadCase{"HugeHiddenLayers", "hidden_size: 4294967295",
                "hyper-parameter hidden_size is 4294967295, expected 1 to 8192"},
        BadCase{"EmptyBatch", "batch_size: 0",
                "hyper-parameter batch_size is 0, expected 1 to 1000000"},
        BadCase{"HugeBatch", "batch_size: 1000001",
                "hyper-parameter batch_size is 1000001, expected 1 to 1000000"},
        BadCase{"NoEpochs", "epochs: 0", "hyper-parameter epochs is 0, expected 1 to 1000000"},
        BadCase{"NegativeLambda", "lambda: -0.5",
                "hyper-parameter lambda is -0.5, expected a finite float of at least 0"},
        BadCase{"InfiniteLambda", "lambda: inf",
                "hyper-parameter lambda is inf, expected a finite float of at least 0"},
        BadCase{"LambdaBeyondFloat", "lambda: 1e39",
                "hyper-parameter lambda is 1e+39, expected a finite float of at least 0"},
        BadCase{"NanGamma", "gamma: nan",
                "hyper-parameter gamma is nan, expected a finite float of at least 0"},
        BadCase{"NegativeMarginX", "margin_x: -1",
                "hyper-parameter margin_x is -1, expected a finite float of at least 0"},
        BadCase{"NegativeMarginZ", "margin_z: -1",
                "hyper-parameter margin_z is -1, expected a finite float of at least 0"},
        BadCase{"NoGeneratorWeight", "generator_weight: 0",
                "hyper-parameter generator_weight is 0, expected a finite float above 0"},
        BadCase{"NoLearningRate", "learning_rate: 0",
                "hyper-parameter learning_rate is 0, expected above 0 and at most 1"},
        BadCase{"NanLearningRate", "learning_rate: nan",
                "hyper-parameter learning_rate is nan, expected above 0 and at most 1"},
        BadCase{"LargeLearningRate", "learning_rate: 1.5",
                "hyper-parameter learning_rate is 1.5, expected above 0 and at most 1"},
        BadCase{"NoMembers", "ensemble_size: 0",
                "hyper-parameter ensemble_size is 0, expected 1 to 64"},
        BadCase{"ManyMembers", "ensemble_size: 65",
                "hyper-parameter ensemble_size is 65, expected 1 to 64"},
        BadCase{"NarrowSpread", "lambda_spread: 0.9",
                "hyper-parameter lambda_spread is 0.9, expected 1 to 1000000"},
        BadCase{"NanSpread", "lambda_spread: nan",
                "hyper-parameter lambda_spread is nan, expected 1 to 1000000"},
        BadCase{"OneRemembered", "memory_rows: 1",
                "hyper-parameter memory_rows is 1, expected 0, or 2 to 1000000"},
        BadCase{"ManyRemembered", "memory_rows: 1000001",
                "hyper-parameter memory_rows is 1000001, expected 0, or 2 to 1000000"},
        BadCase{"NegativeContamination", "contamination: -0.01",
                "hyper-parameter contamination is -0.01, expected 0 or more and less than 0.5"},
        BadCase{"HalfContaminated", "contamination: 0.5",
                "hyper-parameter contamination is 0.5, expected 0 or more and less than 0.5"},
        BadCase{"NanContamination", "contamination: nan",
                "hyper-parameter contamination is nan, expected 0 or more and less than 0.5"},
        BadCase{"UnknownMetric", "error_metric: 9",
                "hyper-parameter error_metric is 9, expected SQUARED (1), WHITENED (2) or "
                "AUTOMATIC (3)"},
        BadCase{"UnknownObjective", "objective: 9",
                "hyper-parameter objective is 9, expected ADVAE (1), VAE (2), AE (3), "
                "ENCODER_ONLY (4) or GENERATOR_ONLY (5)"}),
    [](const auto& info) { return info.param.name; });

TEST(ValidateHyperparametersTest, TakesTheBoundsOfEachRange) {
  EXPECT_THAT(ValidateHyperparameters({}), IsOk());
  EXPECT_THAT(ValidateHyperparameters(Parse("latent_size: 1 hidden_size: 1 batch_size: 1 epochs: 1 "
                                            "lambda: 0 gamma: 0 margin_x: 0 margin_z: 0 "
                                            "generator_weight: 1e-9 learning_rate: 1e-12 "
                                            "contamination: 0")),
              IsOk());
  EXPECT_THAT(ValidateHyperparameters(Parse("latent_size: 4096 hidden_size: 8192 "
                                            "batch_size: 1000000 epochs: 1000000 "
                                            "learning_rate: 1 contamination: 0.499")),
              IsOk());
}

TEST(ResolveHyperparametersTest, FillsTheDocumentedDefaults) {
  ASSERT_OK_AND_ASSIGN(
      const v1::Hyperparameters resolved,
      ResolveHyperparameters({}, {.rows = 1200, .features = 32, .total_variance = 2}));
  EXPECT_EQ(resolved.objective(), v1::OBJECTIVE_ADVAE);
  EXPECT_EQ(resolved.latent_size(), 11);
  EXPECT_EQ(resolved.hidden_size(), 32);
  EXPECT_EQ(resolved.memory_rows(), 1200);
  EXPECT_DOUBLE_EQ(resolved.lambda(), 0.025);  // 0.4 * 2 / 32
  EXPECT_DOUBLE_EQ(resolved.gamma(), 0.005);
  EXPECT_DOUBLE_EQ(resolved.margin_x(), 0.3);
  EXPECT_DOUBLE_EQ(resolved.margin_z(), 7.7);
  EXPECT_DOUBLE_EQ(resolved.generator_weight(), 3);
  EXPECT_DOUBLE_EQ(resolved.learning_rate(), 0.001);
  EXPECT_EQ(resolved.batch_size(), 128);
  EXPECT_EQ(resolved.epochs(), 300);  // of 10 mini-batches
  EXPECT_EQ(resolved.ensemble_size(), 3);
  EXPECT_DOUBLE_EQ(resolved.lambda_spread(), 6);
  EXPECT_EQ(resolved.error_metric(), v1::ERROR_METRIC_AUTOMATIC);
}

TEST(ResolveHyperparametersTest, WithoutAMemoryTheNetworksAreMoreAndWider) {
  ASSERT_OK_AND_ASSIGN(
      const v1::Hyperparameters resolved,
      ResolveHyperparameters(Parse("memory_rows: 0"), {.rows = 1200, .features = 32}));
  EXPECT_EQ(resolved.hidden_size(), 128);
  EXPECT_EQ(resolved.ensemble_size(), 6);
}

TEST(WithDefaultSamples, AFewSobolPointsAreEnoughBesideAMemory) {
  v1::LatentPlanSpec plan;
  EXPECT_EQ(WithDefaultSamples(plan, 2).samples(), 8);
  EXPECT_FALSE(WithDefaultSamples(plan, 0).has_samples());
  plan.set_sampler(v1::SAMPLER_MONTE_CARLO);
  EXPECT_FALSE(WithDefaultSamples(plan, 2).has_samples());
  plan.set_sampler(v1::SAMPLER_SOBOL);
  plan.set_samples(5);
  EXPECT_EQ(WithDefaultSamples(plan, 2).samples(), 5);
}

TEST(ResolveHyperparametersTest, OneMemberHasThePapersMetric) {
  ASSERT_OK_AND_ASSIGN(
      const v1::Hyperparameters resolved,
      ResolveHyperparameters(Parse("ensemble_size: 1"), {.rows = 9, .features = 2}));
  EXPECT_EQ(resolved.error_metric(), v1::ERROR_METRIC_SQUARED);
}

TEST(ResolveHyperparametersTest, ThePapersBaselinesHaveOneMember) {
  for (const char* const objective : {"objective: OBJECTIVE_VAE", "objective: OBJECTIVE_AE"}) {
    ASSERT_OK_AND_ASSIGN(const v1::Hyperparameters resolved,
                         ResolveHyperparameters(Parse(objective), {.rows = 9, .features = 2}));
    EXPECT_EQ(resolved.ensemble_size(), 1);
    EXPECT_EQ(resolved.memory_rows(), 0);
    EXPECT_EQ(resolved.hidden_size(), 128);
  }
}

TEST(ResolveHyperparametersTest, MoreRowsToRememberThanThereAreMeansAll) {
  EXPECT_EQ(ResolveMemoryRows(Parse("memory_rows: 100"), 60), 60);
  EXPECT_EQ(ResolveMemoryRows(Parse("memory_rows: 100"), 600), 100);
  EXPECT_EQ(ResolveMemoryRows(Parse("memory_rows: 0"), 600), 0);
  EXPECT_EQ(ResolveMemoryRows({}, 600), 600);
  EXPECT_EQ(ResolveMemoryRows({}, 1'000'000), 16'384);
  EXPECT_EQ(ResolveMemoryRows(Parse("objective: OBJECTIVE_VAE"), 600), 0);
  ASSERT_OK_AND_ASSIGN(
      const v1::Hyperparameters resolved,
      ResolveHyperparameters(Parse("memory_rows: 100"), {.rows = 60, .features = 2}));
  EXPECT_EQ(resolved.memory_rows(), 60);
}

TEST(ResolveHyperparametersTest, CleanRowsAreNotMentioned) {
  for (const char* const parameters : {"", "contamination: 0"}) {
    ASSERT_OK_AND_ASSIGN(const v1::Hyperparameters resolved,
                         ResolveHyperparameters(Parse(parameters), {.rows = 9, .features = 2}));
    EXPECT_FALSE(resolved.has_contamination());
  }
}

TEST(ResolveHyperparametersTest, GammaFollowsLambda) {
  ASSERT_OK_AND_ASSIGN(const v1::Hyperparameters resolved,
                       ResolveHyperparameters(Parse("lambda: 0.5"), {.rows = 9, .features = 2}));
  EXPECT_DOUBLE_EQ(resolved.gamma(), 0.1);
}

TEST(ResolveHyperparametersTest, KeepsWhatIsSet) {
  const v1::Hyperparameters all = Parse(
      "objective: OBJECTIVE_AE latent_size: 2 hidden_size: 3 lambda: 4 gamma: 5 margin_x: 6 "
      "margin_z: 7 generator_weight: 8 learning_rate: 0.5 batch_size: 9 epochs: 10 ensemble_size: "
      "11 "
      "lambda_spread: 12 error_metric: ERROR_METRIC_WHITENED memory_rows: 13 "
      "contamination: 0.04");
  ASSERT_OK_AND_ASSIGN(const v1::Hyperparameters resolved,
                       ResolveHyperparameters(all, {.rows = 100, .features = 5}));
  EXPECT_EQ(resolved.DebugString(), all.DebugString());
}

TEST(ResolveHyperparametersTest, DefaultsFollowTheData) {
  struct {
    uint64_t rows;
    uint32_t features;
    uint32_t latent_size;
    uint32_t batch_size;
    uint32_t epochs;
  } const cases[] = {
      {.rows = 2, .features = 1, .latent_size = 1, .batch_size = 2, .epochs = 3000},
      {.rows = 128, .features = 4, .latent_size = 1, .batch_size = 128, .epochs = 3000},
      {.rows = 129, .features = 5, .latent_size = 2, .batch_size = 128, .epochs = 1500},
      {.rows = 128, .features = 1200, .latent_size = 64, .batch_size = 128, .epochs = 1000},
      {.rows = 128, .features = 20'000, .latent_size = 64, .batch_size = 128, .epochs = 500},
      {.rows = 100'000'000, .features = 1000, .latent_size = 64, .batch_size = 128, .epochs = 1},
  };
  for (const auto& c : cases) {
    ASSERT_OK_AND_ASSIGN(const v1::Hyperparameters resolved,
                         ResolveHyperparameters({}, {.rows = c.rows, .features = c.features}));
    EXPECT_EQ(resolved.latent_size(), c.latent_size) << c.rows;
    EXPECT_EQ(resolved.batch_size(), c.batch_size) << c.rows;
    EXPECT_EQ(resolved.epochs(), c.epochs) << c.rows;
    EXPECT_EQ(resolved.margin_x(), 0) << c.rows;
  }
}

TEST(TrainingDataSummaryTest, AddsTheVariancesOfTheFeatures) {
  // Variances over m of (0, 1, 2, 1) and (5, 5, 5, 5): 1/2 and 0.
  const std::vector<float> values = {0, 5, 1, 5, 2, 5, 1, 5};
  const TrainingDataSummary summary = TrainingDataSummary::Of({values.data(), 4, 2});
  EXPECT_EQ(summary.rows, 4);
  EXPECT_EQ(summary.features, 2);
  EXPECT_DOUBLE_EQ(summary.total_variance, 0.5);
}

}  // namespace
}  // namespace advae
