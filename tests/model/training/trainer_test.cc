#include "model/training/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "model/spec/hyperparameters.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/synthetic_rows.h"

namespace advae {
namespace {

using ::advae::testing::IsOk;
using ::advae::testing::StatusIs;
using ::advae::testing::SyntheticRows;
using ::testing::AllOf;
using ::testing::HasSubstr;

v1::Hyperparameters SmallNetworks() {
  v1::Hyperparameters parameters;
  parameters.set_hidden_size(8);
  parameters.set_latent_size(2);
  parameters.set_batch_size(16);
  parameters.set_epochs(3);
  return parameters;
}

absl::StatusOr<TrainedModel> TrainOn(MatrixView rows, const v1::Hyperparameters& parameters,
                                     uint64_t seed = 1,
                                     std::vector<v1::TrainProgress>* progress = nullptr) {
  const auto resolved = ResolveHyperparameters(parameters, TrainingDataSummary::Of(rows));
  if (!resolved.ok()) return resolved.status();
  return Train(rows, *resolved, seed, [progress](const v1::TrainProgress& report) {
    if (progress != nullptr) progress->push_back(report);
  });
}

// All weights and biases of a model, one after the other.
std::vector<float> Flatten(const NetworkWeights& weights) {
  std::vector<float> all;
  const EncoderWeights& e = weights.encoder;
  const GeneratorWeights& g = weights.generator;
  for (const DenseLayer* layer :
       {&e.hidden1, &e.hidden2, &e.mean, &e.log_variance, &g.hidden1, &g.hidden2, &g.output}) {
    all.insert(all.end(), layer->weight.begin(), layer->weight.end());
    all.insert(all.end(), layer->bias.begin(), layer->bias.end());
  }
  return all;
}

TEST(TrainTest, SameSeedSameBits) {
  const Matrix rows = SyntheticRows(50, 5);
  ASSERT_OK_AND_ASSIGN(const TrainedModel first, TrainOn(rows.view(), SmallNetworks(), 7));
  ASSERT_OK_AND_ASSIGN(const TrainedModel second, TrainOn(rows.view(), SmallNetworks(), 7));
  EXPECT_EQ(Flatten(first.weights), Flatten(second.weights));
  EXPECT_EQ(first.final_losses.DebugString(), second.final_losses.DebugString());
}

TEST(TrainTest, AnotherSeedGivesOtherWeights) {
  const Matrix rows = SyntheticRows(50, 5);
  ASSERT_OK_AND_ASSIGN(const TrainedModel first, TrainOn(rows.view(), SmallNetworks(), 7));
  ASSERT_OK_AND_ASSIGN(const TrainedModel second, TrainOn(rows.view(), SmallNetworks(), 8));
  EXPECT_NE(Flatten(first.weights), Flatten(second.weights));
}

TEST(TrainTest, ReportsTheLastEpoch) {
  const Matrix rows = SyntheticRows(50, 5);
  std::vector<v1::TrainProgress> progress;
  ASSERT_OK_AND_ASSIGN(const TrainedModel model,
                       TrainOn(rows.view(), SmallNetworks(), 1, &progress));
  ASSERT_FALSE(progress.empty());
  const v1::TrainProgress& last = progress.back();
  EXPECT_EQ(last.epoch(), 3);
  EXPECT_EQ(last.epochs(), 3);
  EXPECT_EQ(last.losses().DebugString(), model.final_losses.DebugString());
  EXPECT_GT(last.losses().generator(), 0);
  EXPECT_GT(last.losses().transformer(), 0);
  EXPECT_GT(last.losses().encoder(), 0);
  EXPECT_GT(last.rows_per_second(), 0);
  EXPECT_EQ(last.time_left().seconds(), 0);
  EXPECT_GT(model.duration, absl::ZeroDuration());
}

TEST(TrainTest, LossFallsWithTraining) {
  const Matrix rows = SyntheticRows(64, 5);
  v1::Hyperparameters parameters = SmallNetworks();
  parameters.set_epochs(1);
  ASSERT_OK_AND_ASSIGN(const TrainedModel start, TrainOn(rows.view(), parameters));
  parameters.set_epochs(300);
  parameters.set_learning_rate(0.01);
  ASSERT_OK_AND_ASSIGN(const TrainedModel end, TrainOn(rows.view(), parameters));
  EXPECT_LT(end.final_losses.reconstruction(), 0.5 * start.final_losses.reconstruction());
}

struct ShapeCase {
  const char* name;
  size_t rows;
  size_t columns;
  uint32_t batch_size;
};
void PrintTo(const ShapeCase& shape, std::ostream* os) { *os << shape.name; }

class TrainShapeTest : public ::testing::TestWithParam<ShapeCase> {};

TEST_P(TrainShapeTest, GivesUsableWeights) {
  const Matrix rows = SyntheticRows(GetParam().rows, GetParam().columns);
  v1::Hyperparameters parameters = SmallNetworks();
  parameters.set_batch_size(GetParam().batch_size);
  ASSERT_OK_AND_ASSIGN(const TrainedModel model, TrainOn(rows.view(), parameters));
  EXPECT_THAT(model.weights.Validate(), IsOk());
  EXPECT_EQ(model.weights.features(), GetParam().columns);
  EXPECT_EQ(model.weights.latent_size(), 2);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, TrainShapeTest,
    ::testing::Values(ShapeCase{"FullBatches", 32, 4, 16}, ShapeCase{"LastBatchPartial", 33, 4, 16},
                      ShapeCase{"FewerRowsThanABatch", 5, 4, 128}, ShapeCase{"TwoRows", 2, 4, 128},
                      ShapeCase{"OneRowBatches", 3, 4, 1}, ShapeCase{"OneFeature", 20, 1, 16}),
    [](const auto& info) { return info.param.name; });

TEST(TrainTest, TakesConstantColumns) {
  Matrix rows = SyntheticRows(20, 3);
  for (size_t i = 0; i < rows.rows(); ++i) rows.values[i * 3 + 1] = 0;
  ASSERT_OK_AND_ASSIGN(const TrainedModel some, TrainOn(rows.view(), SmallNetworks()));
  EXPECT_THAT(some.weights.Validate(), IsOk());
  std::ranges::fill(rows.values, 0.0f);
  ASSERT_OK_AND_ASSIGN(const TrainedModel all, TrainOn(rows.view(), SmallNetworks()));
  EXPECT_THAT(all.weights.Validate(), IsOk());
}

TEST(TrainTest, DivergenceIsAnErrorThatNamesTheEpoch) {
  const Matrix rows = SyntheticRows(20, 3);
  v1::Hyperparameters parameters = SmallNetworks();
  parameters.set_gamma(3e38);
  parameters.set_generator_weight(3e38);  // their product overflows
  EXPECT_THAT(TrainOn(rows.view(), parameters),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("training diverged in epoch 1 of 3"),
                             HasSubstr("learning_rate than 0.001"))));
}

TEST(TrainTest, NoRowsAreAnError) {
  ASSERT_OK_AND_ASSIGN(const v1::Hyperparameters parameters,
                       ResolveHyperparameters(SmallNetworks(), {.rows = 1, .features = 3}));
  EXPECT_THAT(Train({nullptr, 0, 3}, parameters, 1, [](const v1::TrainProgress&) {}),
              StatusIs(absl::StatusCode::kInvalidArgument, "there are no rows to train on"));
}

}  // namespace
}  // namespace advae
