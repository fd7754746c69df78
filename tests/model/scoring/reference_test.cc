// The five trained models of the reference data, with the scores and thresholds that an independent
// computation in double precision gave for them.

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "model/data/data_set.h"
#include "model/data/evaluation.h"
#include "model/distribution/score_distribution.h"
#include "model/repository/network_tensors.h"
#include "model/repository/safetensors.h"
#include "model/scoring/latent_plan.h"
#include "model/scoring/scaler.h"
#include "model/scoring/scorer.h"
#include "tests/testing/reference_data.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using testing::IsOk;
using testing::ReferenceData;

std::string ReadText(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<double> ReadScores(const std::filesystem::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  std::string header;
  std::getline(file, header);
  return {std::istream_iterator<double>(file), {}};
}

struct RelativeError {
  double root_mean_square = 0;
  double largest = 0;
};

RelativeError CompareScores(const std::vector<double>& scores,
                            const std::vector<double>& expected) {
  RelativeError error;
  for (size_t i = 0; i < scores.size(); ++i) {
    const double relative = std::abs(scores[i] / expected[i] - 1);
    error.root_mean_square += relative * relative / static_cast<double>(scores.size());
    error.largest = std::max(error.largest, relative);
  }
  error.root_mean_square = std::sqrt(error.root_mean_square);
  return error;
}

// One reference model and its two data sets. The parameter is its name.
class ReferenceTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    ADVAE_SKIP_WITHOUT_REFERENCE_DATA();
    const std::string name = GetParam();
    const std::filesystem::path folder = *ReferenceData() / "reference" / name;
    const std::filesystem::path datasets = *ReferenceData() / "datasets";
    summary_ = nlohmann::json::parse(ReadText(folder.parent_path() / "summary.json")).at(name);
    expected_train_ = ReadScores(folder / "train_scores.csv");
    expected_test_ = ReadScores(folder / "test_scores.csv");

    ASSERT_OK_AND_ASSIGN(train_, ReadDataSet((datasets / (name + ".train.csv")).string(), {}));
    ASSERT_OK_AND_ASSIGN(
        test_, ReadDataSet((datasets / (name + ".test.csv")).string(), {.label_column = "label"}));
    ASSERT_EQ(train_.rows.rows(), expected_train_.size());
    ASSERT_EQ(test_.rows.rows(), expected_test_.size());

    ASSERT_OK_AND_ASSIGN(TensorMap encoder,
                         ParseSafetensors(ReadText(folder / "encoder.safetensors")));
    ASSERT_OK_AND_ASSIGN(TensorMap generator,
                         ParseSafetensors(ReadText(folder / "generator.safetensors")));
    ASSERT_OK_AND_ASSIGN(weights_, WeightsFromTensors(encoder, generator));
    ASSERT_EQ(weights_.features(), summary_["features"].get<size_t>());
    ASSERT_EQ(weights_.latent_size(), summary_["latent"].get<size_t>());
    ASSERT_OK_AND_ASSIGN(scaler_, MinMaxScaler::Fit(train_.rows.view()));
  }

  std::vector<double> Score(const Matrix& rows, const Scorer& scorer) {
    std::vector<double> scores(rows.rows());
    scorer.Score(rows.view(), scores);
    return scores;
  }

  void ExpectScoresWithin(v1::Sampler sampler, uint32_t samples, RelativeError limit) {
    v1::LatentPlanSpec spec;
    spec.set_sampler(sampler);
    spec.set_samples(samples);
    ASSERT_OK_AND_ASSIGN(const LatentPlan plan,
                         DrawLatentPlan(spec, weights_.latent_size(), /*default_seed=*/1));
    ASSERT_OK_AND_ASSIGN(const auto scorer,
                         Scorer::Create({{.networks = weights_}}, *scaler_, plan));
    for (const bool train : {true, false}) {
      SCOPED_TRACE(train ? "training rows" : "test rows");
      const RelativeError error = train
                                      ? CompareScores(Score(train_.rows, *scorer), expected_train_)
                                      : CompareScores(Score(test_.rows, *scorer), expected_test_);
      EXPECT_LE(error.root_mean_square, limit.root_mean_square);
      EXPECT_LE(error.largest, limit.largest);
      RecordProperty(train ? "train_rms" : "test_rms", std::to_string(error.root_mean_square));
    }
  }

  nlohmann::json summary_;
  std::vector<double> expected_train_;
  std::vector<double> expected_test_;
  DataSet train_;
  DataSet test_;
  NetworkWeights weights_;
  std::optional<MinMaxScaler> scaler_;
};

TEST_P(ReferenceTest, ScoresWithDefaultMonteCarloPlan) {
  ExpectScoresWithin(v1::SAMPLER_MONTE_CARLO, 1000, {.root_mean_square = 0.007, .largest = 0.04});
}

TEST_P(ReferenceTest, ScoresWithLargeMonteCarloPlan) {
  ExpectScoresWithin(v1::SAMPLER_MONTE_CARLO, 16384, {.root_mean_square = 0.002, .largest = 0.01});
}

TEST_P(ReferenceTest, ScoresWithDefaultSobolPlan) {
  ExpectScoresWithin(v1::SAMPLER_SOBOL, 64, {.root_mean_square = 0.007, .largest = 0.04});
}

TEST_P(ReferenceTest, ThresholdsFromTheGivenScores) {
  ASSERT_OK_AND_ASSIGN(const ScoreDistribution distribution,
                       ScoreDistribution::Fit(expected_train_));
  const double bandwidth = summary_["kde_bandwidth"];
  EXPECT_NEAR(distribution.bandwidth() / bandwidth, 1, 1e-5);
  for (const auto& [alpha, expected] : summary_["thresholds"].items()) {
    SCOPED_TRACE(alpha);
    ASSERT_OK_AND_ASSIGN(const double threshold, distribution.Threshold(std::stod(alpha)));
    EXPECT_NEAR(threshold / expected["threshold"].get<double>(), 1, 1e-5);
  }
}

TEST_P(ReferenceTest, QualityOnTheTestRows) {
  ASSERT_OK_AND_ASSIGN(const LatentPlan plan,
                       DrawLatentPlan({}, weights_.latent_size(), /*default_seed=*/1));
  ASSERT_OK_AND_ASSIGN(const auto scorer, Scorer::Create({{.networks = weights_}}, *scaler_, plan));
  const std::vector<double> scores = Score(test_.rows, *scorer);
  ASSERT_OK_AND_ASSIGN(const RankingQuality ranking, EvaluateRanking(scores, test_.labels));
  EXPECT_NEAR(ranking.average_precision, summary_["average_precision"].get<double>(), 0.002);
  EXPECT_NEAR(ranking.roc_auc, summary_["roc_auc"].get<double>(), 0.002);

  ASSERT_OK_AND_ASSIGN(const ScoreDistribution distribution,
                       ScoreDistribution::Fit(Score(train_.rows, *scorer)));
  ASSERT_OK_AND_ASSIGN(const double threshold, distribution.Threshold(0.1));
  std::vector<bool> verdicts;
  for (const double score : scores) verdicts.push_back(score >= threshold);
  const VerdictQuality quality = EvaluateVerdicts(verdicts, test_.labels);
  const nlohmann::json& expected = summary_["thresholds"]["0.1"];
  // A score within the plan's error of the threshold may change sides.
  EXPECT_NEAR(quality.precision(), expected["precision"].get<double>(), 0.01);
  EXPECT_NEAR(quality.recall(), expected["recall"].get<double>(), 0.01);
  EXPECT_NEAR(quality.f1(), expected["f1"].get<double>(), 0.01);
}

INSTANTIATE_TEST_SUITE_P(Models, ReferenceTest,
                         ::testing::Values("letter", "cardio", "satellite", "optical", "pen"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace advae
