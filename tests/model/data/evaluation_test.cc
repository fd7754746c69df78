#include "model/data/evaluation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::StatusIs;
using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

struct RankingCase {
  std::string name;
  std::vector<double> scores;
  std::vector<bool> labels;
  double average_precision;
  double roc_auc;
};
void PrintTo(const RankingCase& c, std::ostream* out) { *out << c.name; }

class Ranking : public ::testing::TestWithParam<RankingCase> {};

TEST_P(Ranking, HasTheQualityCalculatedByHand) {
  ASSERT_OK_AND_ASSIGN(const RankingQuality quality,
                       EvaluateRanking(GetParam().scores, GetParam().labels));
  EXPECT_NEAR(quality.average_precision, GetParam().average_precision, 1e-12);
  EXPECT_NEAR(quality.roc_auc, GetParam().roc_auc, 1e-12);
}

INSTANTIATE_TEST_SUITE_P(
    Golden, Ranking,
    ::testing::Values(
        RankingCase{"Perfect", {4, 3, 2, 1}, {true, true, false, false}, 1, 1},
        // P = 1/3 at R = 1/2 and 1/2 at R = 1.
        RankingCase{"Inverted", {1, 2, 3, 4}, {true, true, false, false}, (1.0 / 3 + 0.5) / 2, 0},
        // The example of scikit-learn's average_precision_score and roc_auc_score.
        RankingCase{"ScikitLearn",
                    {0.1, 0.4, 0.35, 0.8},
                    {false, false, true, true},
                    0.5 * 1 + 0.5 * 2 / 3,
                    0.75},
        // One group with all rows: P is the share of anomalies.
        RankingCase{"AllTied", {7, 7, 7, 7, 7}, {true, false, false, true, false}, 0.4, 0.5},
        // Descending: {anomaly}, {anomaly, normal}, {normal}. Pairs: 1 + 1 + 1/2 + 1 of 4.
        RankingCase{
            "OneTie", {2, 1, 2, 3}, {true, false, false, true}, 0.5 * 1 + 0.5 * 2 / 3, 3.5 / 4},
        RankingCase{"OneOfEach", {-1, 1}, {true, false}, 0.5, 0}),
    [](const auto& info) { return info.param.name; });

// sum_n (R_n - R_{n-1}) P_n, each counted anew from its definition.
double BruteForceAveragePrecision(const std::vector<double>& scores,
                                  const std::vector<bool>& labels) {
  const std::set<double, std::greater<>> thresholds(scores.begin(), scores.end());
  const auto anomalies = static_cast<double>(std::count(labels.begin(), labels.end(), true));
  double sum = 0;
  double last_recall = 0;
  for (const double threshold : thresholds) {
    double called = 0;
    double right = 0;
    for (size_t i = 0; i < scores.size(); ++i) {
      called += scores[i] >= threshold;
      right += scores[i] >= threshold && labels[i];
    }
    sum += (right / anomalies - last_recall) * (right / called);
    last_recall = right / anomalies;
  }
  return sum;
}

// Over all pairs of an anomaly and a normal row.
double BruteForceRocAuc(const std::vector<double>& scores, const std::vector<bool>& labels) {
  double won = 0;
  double pairs = 0;
  for (size_t a = 0; a < scores.size(); ++a) {
    for (size_t n = 0; n < scores.size(); ++n) {
      if (!labels[a] || labels[n]) continue;
      ++pairs;
      won += scores[a] > scores[n] ? 1 : scores[a] == scores[n] ? 0.5 : 0;
    }
  }
  return won / pairs;
}

TEST(RankingQuality, AgreesWithItsDefinitions) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    // From nearly all scores tied to nearly none.
    std::uniform_int_distribution<int> score(0, 1 + round * round);
    const size_t size = 2 + random() % 60;
    std::vector<double> scores(size);
    std::vector<bool> labels(size);
    for (size_t i = 0; i < size; ++i) {
      scores[i] = score(random);
      labels[i] = random() % 4 == 0;
    }
    labels[0] = true;
    labels[1] = false;
    ASSERT_OK_AND_ASSIGN(const RankingQuality quality, EvaluateRanking(scores, labels));
    EXPECT_NEAR(quality.average_precision, BruteForceAveragePrecision(scores, labels), 1e-12);
    EXPECT_NEAR(quality.roc_auc, BruteForceRocAuc(scores, labels), 1e-12);
  }
}

TEST(RankingQuality, DependsOnTheOrderOfScoresOnly) {
  const std::vector<double> scores{0.3, 2, 0.1, 5, 1, 2};
  const std::vector<bool> labels{false, true, false, true, true, false};
  std::vector<double> transformed;
  for (const double score : scores) transformed.push_back(std::exp(3 * score) - 100);
  ASSERT_OK_AND_ASSIGN(const RankingQuality quality, EvaluateRanking(scores, labels));
  ASSERT_OK_AND_ASSIGN(const RankingQuality same, EvaluateRanking(transformed, labels));
  EXPECT_EQ(quality.average_precision, same.average_precision);
  EXPECT_EQ(quality.roc_auc, same.roc_auc);
}

TEST(RankingQuality, BadInputIsRefused) {
  const auto refused = [](const std::string& message) {
    return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message));
  };
  const std::vector<double> scores{1, 2};
  EXPECT_THAT(EvaluateRanking(scores, {true}), refused("2 scores for 1 labels"));
  EXPECT_THAT(EvaluateRanking(scores, {true, true}), refused("2 anomalies and 0 normal rows"));
  EXPECT_THAT(EvaluateRanking(scores, {false, false}), refused("0 anomalies and 2 normal rows"));
  EXPECT_THAT(EvaluateRanking({}, {}), refused("expected at least one of each"));
  const double infinity = std::numeric_limits<double>::infinity();
  ASSERT_OK_AND_ASSIGN(
      const RankingQuality quality,
      EvaluateRanking(std::vector<double>{1, infinity, infinity}, {false, true, true}));
  EXPECT_EQ(quality.average_precision, 1);
  EXPECT_EQ(quality.roc_auc, 1);
  const std::vector<double> bad{1, std::numeric_limits<double>::quiet_NaN()};
  EXPECT_THAT(EvaluateRanking(bad, {true, false}), refused("score 1 is NaN"));
}

// The area below points joined by straight lines.
double Area(const std::vector<std::pair<double, double>>& points) {
  double area = 0;
  for (size_t i = 1; i < points.size(); ++i) {
    area += (points[i].first - points[i - 1].first) * (points[i].second + points[i - 1].second) / 2;
  }
  return area;
}

TEST(RankingCurves, HaveThePointsCalculatedByHand) {
  // Descending: an anomaly; an anomaly beside a normal row; a normal row.
  const std::vector<double> scores{2, 1, 2, 3};
  ASSERT_OK_AND_ASSIGN(const RankingCurves curves,
                       CalculateRankingCurves(scores, {true, false, false, true}));
  EXPECT_THAT(curves.roc, ElementsAre(Pair(0, 0), Pair(0, 0.5), Pair(0.5, 1), Pair(1, 1)));
  EXPECT_THAT(curves.precision_recall,
              ElementsAre(Pair(0, 1), Pair(0.5, 1), Pair(1, DoubleEq(2.0 / 3)), Pair(1, 0.5)));
}

TEST(RankingCurves, BeginWithTheHighestScoreAlsoWhenItIsANormalRows) {
  const std::vector<double> scores{3, 2};
  ASSERT_OK_AND_ASSIGN(const RankingCurves curves, CalculateRankingCurves(scores, {false, true}));
  EXPECT_THAT(curves.roc, ElementsAre(Pair(0, 0), Pair(1, 0), Pair(1, 1)));
  EXPECT_THAT(curves.precision_recall, ElementsAre(Pair(0, 0), Pair(0, 0), Pair(1, 0.5)));
}

TEST(RankingCurves, HaveTheAreasOfTheRankingQuality) {
  std::mt19937 random(11);
  std::vector<double> scores;
  std::vector<bool> labels;
  for (int i = 0; i < 500; ++i) {
    labels.push_back(i % 5 == 0);
    scores.push_back(static_cast<double>(random() % 100) + (labels.back() ? 20 : 0));
  }
  ASSERT_OK_AND_ASSIGN(const RankingQuality quality, EvaluateRanking(scores, labels));
  ASSERT_OK_AND_ASSIGN(const RankingCurves curves, CalculateRankingCurves(scores, labels));
  EXPECT_NEAR(Area(curves.roc), quality.roc_auc, 1e-12);
  double steps = 0;
  for (size_t i = 1; i < curves.precision_recall.size(); ++i) {
    const auto [recall, precision] = curves.precision_recall[i];
    steps += (recall - curves.precision_recall[i - 1].first) * precision;
  }
  EXPECT_NEAR(steps, quality.average_precision, 1e-12);
}

TEST(RankingCurves, BadInputIsRefused) {
  EXPECT_THAT(CalculateRankingCurves({}, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("at least one of each")));
}

TEST(AlarmShares, CountPValuesUpToAlpha) {
  const std::vector<double> alphas{0.01, 0.1, 0.5, 1};
  EXPECT_THAT(AlarmShares({0.5, 0.1, 0.9, 0.3}, alphas), ElementsAre(0, 0.25, 0.75, 1));
  EXPECT_THAT(AlarmShares({}, alphas), ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(AlarmShares({0.5}, {}), IsEmpty());
}

TEST(VerdictQuality, CountsAndRatios) {
  const VerdictQuality quality =
      EvaluateVerdicts({true, true, true, false, false, false, false, false},
                       {true, true, false, true, false, false, false, false});
  EXPECT_EQ(quality.true_positives, 2u);
  EXPECT_EQ(quality.false_positives, 1u);
  EXPECT_EQ(quality.false_negatives, 1u);
  EXPECT_EQ(quality.true_negatives, 4u);
  EXPECT_DOUBLE_EQ(quality.precision(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(quality.recall(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(quality.f1(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(quality.false_alarm_rate(), 0.2);
}

TEST(VerdictQuality, F1IsTheHarmonicMean) {
  const VerdictQuality quality{
      .true_positives = 3, .false_positives = 1, .true_negatives = 5, .false_negatives = 6};
  const double precision = 3.0 / 4;
  const double recall = 3.0 / 9;
  EXPECT_DOUBLE_EQ(quality.f1(), 2 * precision * recall / (precision + recall));
}

TEST(VerdictQuality, RatiosWithoutDenominatorAreZero) {
  const VerdictQuality quality = EvaluateVerdicts({}, {});
  EXPECT_EQ(quality.precision(), 0);
  EXPECT_EQ(quality.recall(), 0);
  EXPECT_EQ(quality.f1(), 0);
  EXPECT_EQ(quality.false_alarm_rate(), 0);
}

}  // namespace
}  // namespace advae
