#include "tests/model/training/reference_scorer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <vector>

#include "model/data/data_set.h"
#include "model/pytorch/weight_file.h"
#include "model/repository/network_tensors.h"
#include "model/scoring/scorer.h"
#include "model/spec/hyperparameters.h"
#include "model/training/trainer.h"
#include "tests/testing/reference_data.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/synthetic_rows.h"

namespace advae {
namespace {

using ::advae::testing::ReferenceData;
using ::advae::testing::StatusIs;
using ::advae::testing::SyntheticRows;
using ::testing::HasSubstr;

double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

MinMaxScaler UnitScaler(size_t columns) {
  return *MinMaxScaler::FromRanges(std::vector<float>(columns, 0), std::vector<float>(columns, 1));
}

// E(x) = (x, 2 log 2), so sigma = 2; G(z) = sigmoid(relu(z)).
NetworkWeights TinyNetworks() {
  const DenseLayer identity{1, 1, {1}, {0}};
  return {.encoder = {.hidden1 = identity,
                      .hidden2 = identity,
                      .mean = identity,
                      .log_variance = {1, 1, {0}, {std::log(4.0f)}}},
          .generator = {.hidden1 = identity, .hidden2 = identity, .output = identity}};
}

TEST(ReferenceScoresTest, AveragesFirstAndSquaresAfter) {
  LatentPlan plan{.spec = {}, .samples = 2, .latent_size = 1, .points = {0.25f, -0.25f}};
  const std::vector<float> row = {1};
  ASSERT_OK_AND_ASSIGN(const std::vector<double> scores,
                       ReferenceScores(TinyNetworks(), UnitScaler(1), plan, {row.data(), 1, 1}));
  const double mean = (Sigmoid(1.5) + Sigmoid(0.5)) / 2;
  ASSERT_EQ(scores.size(), 1);
  EXPECT_NEAR(scores[0], (1 - mean) * (1 - mean), 1e-7);
}

TEST(ReferenceScoresTest, ScalesTheRows) {
  LatentPlan plan{.spec = {}, .samples = 1, .latent_size = 1, .points = {0}};
  ASSERT_OK_AND_ASSIGN(const MinMaxScaler scaler, MinMaxScaler::FromRanges({10}, {30}));
  const std::vector<float> row = {20};
  ASSERT_OK_AND_ASSIGN(const std::vector<double> scores,
                       ReferenceScores(TinyNetworks(), scaler, plan, {row.data(), 1, 1}));
  EXPECT_NEAR(scores[0], std::pow(0.5 - Sigmoid(0.5), 2), 1e-7);
}

TEST(ReferenceScoresTest, PartsThatDoNotFitAreErrors) {
  LatentPlan plan{.spec = {}, .samples = 1, .latent_size = 2, .points = {0, 0}};
  const std::vector<float> row = {1};
  EXPECT_THAT(
      ReferenceScores(TinyNetworks(), UnitScaler(1), plan, {row.data(), 1, 1}),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("the latent plan a size of 2")));
  plan = {.spec = {}, .samples = 1, .latent_size = 1, .points = {0}};
  EXPECT_THAT(ReferenceScores(TinyNetworks(), UnitScaler(2), plan, {row.data(), 1, 1}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("the scaler has 2 columns")));
}

// The scorer that serves must agree with LibTorch's double precision.
void ExpectScorerAgrees(const NetworkWeights& weights, const MinMaxScaler& scaler,
                        const LatentPlan& plan, MatrixView rows) {
  ASSERT_OK_AND_ASSIGN(const std::vector<double> expected,
                       ReferenceScores(weights, scaler, plan, rows));
  for (const InstructionSet set : SupportedInstructionSets()) {
    SCOPED_TRACE(InstructionSetName(set));
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<const Scorer> scorer,
                         Scorer::Create({{.networks = weights}}, scaler, plan, set));
    std::vector<double> scores(rows.rows);
    scorer->Score(rows, scores);
    for (size_t i = 0; i < rows.rows; ++i) {
      ASSERT_NEAR(scores[i], expected[i], 1e-4 * expected[i] + 1e-6) << "row " << i;
    }
  }
}

TEST(ReferenceScoresTest, AgreeWithTheScorerOnTrainedNetworks) {
  const Matrix rows = SyntheticRows(200, 7);
  v1::Hyperparameters parameters;
  parameters.set_hidden_size(9);
  parameters.set_epochs(5);
  ASSERT_OK_AND_ASSIGN(parameters,
                       ResolveHyperparameters(parameters, TrainingDataSummary::Of(rows.view())));
  ASSERT_OK_AND_ASSIGN(const TrainedModel model,
                       Train(rows.view(), parameters, 1, [](const v1::TrainProgress&) {}));
  ASSERT_OK_AND_ASSIGN(const LatentPlan plan, DrawLatentPlan({}, model.weights.latent_size(), 1));
  ExpectScorerAgrees(model.weights, UnitScaler(7), plan, rows.view());
}

class ReferenceModelTest : public ::testing::TestWithParam<const char*> {};

TEST_P(ReferenceModelTest, AgreesWithTheScorer) {
  ADVAE_SKIP_WITHOUT_REFERENCE_DATA();
  const std::filesystem::path model = *ReferenceData() / "reference" / GetParam();
  const std::filesystem::path data = *ReferenceData() / "datasets";
  ASSERT_OK_AND_ASSIGN(const TensorMap encoder, ReadWeightFile(model / "encoder.pt"));
  ASSERT_OK_AND_ASSIGN(const TensorMap generator, ReadWeightFile(model / "generator.pt"));
  ASSERT_OK_AND_ASSIGN(const NetworkWeights weights, WeightsFromTensors(encoder, generator));
  ASSERT_OK_AND_ASSIGN(const DataSet train,
                       ReadDataSet(data / (std::string(GetParam()) + ".train.csv"), {}));
  ASSERT_OK_AND_ASSIGN(
      const DataSet test,
      ReadDataSet(data / (std::string(GetParam()) + ".test.csv"), {.label_column = "label"}));
  ASSERT_OK_AND_ASSIGN(const MinMaxScaler scaler, MinMaxScaler::Fit(train.rows.view()));
  ASSERT_OK_AND_ASSIGN(const LatentPlan plan, DrawLatentPlan({}, weights.latent_size(), 1));
  ExpectScorerAgrees(weights, scaler, plan, test.rows.view());
}

INSTANTIATE_TEST_SUITE_P(Models, ReferenceModelTest,
                         ::testing::Values("letter", "cardio", "optical", "pen", "satellite"));

}  // namespace
}  // namespace advae
