#include "model/scoring/scorer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cfloat>
#include <cmath>
#include <numeric>
#include <ostream>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/testing/random_model.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using testing::NetworkSizes;
using testing::RandomRows;
using testing::RandomWeights;
using testing::StatusIs;

LatentPlan Plan(uint32_t samples, size_t latent_size) {
  v1::LatentPlanSpec spec;
  spec.set_samples(samples);
  return *DrawLatentPlan(spec, latent_size, /*default_seed=*/1);
}

std::unique_ptr<const Scorer> MakeScorer(const NetworkWeights& weights, MinMaxScaler scaler,
                                         const LatentPlan& plan,
                                         InstructionSet set = SupportedInstructionSets().front()) {
  auto scorer = Scorer::Create({{.networks = weights}}, std::move(scaler), plan, set);
  EXPECT_THAT(scorer, testing::IsOk());
  return *std::move(scorer);
}

std::vector<double> Scores(const Scorer& scorer, MatrixView rows) {
  std::vector<double> scores(rows.rows);
  scorer.Score(rows, scores);
  return scores;
}

// The definition, in double and one step at a time.
std::vector<double> Dense(const DenseLayer& layer, const std::vector<double>& input) {
  std::vector<double> output(layer.bias.begin(), layer.bias.end());
  for (size_t o = 0; o < layer.outputs; ++o) {
    for (size_t i = 0; i < layer.inputs; ++i) {
      output[o] += layer.weight[o * layer.inputs + i] * input[i];
    }
  }
  return output;
}

std::vector<double> DenseRelu(const DenseLayer& layer, const std::vector<double>& input) {
  std::vector<double> output = Dense(layer, input);
  for (double& value : output) value = std::max(value, 0.0);
  return output;
}

double BruteForceScore(const NetworkWeights& weights, const LatentPlan& plan,
                       const std::vector<double>& x) {
  const EncoderWeights& e = weights.encoder;
  const GeneratorWeights& g = weights.generator;
  const std::vector<double> hidden = DenseRelu(e.hidden2, DenseRelu(e.hidden1, x));
  const std::vector<double> mean = Dense(e.mean, hidden);
  const std::vector<double> log_variance = Dense(e.log_variance, hidden);
  std::vector<double> reconstruction(x.size());
  for (size_t l = 0; l < plan.samples; ++l) {
    std::vector<double> z;
    for (size_t j = 0; j < mean.size(); ++j) {
      z.push_back(mean[j] + std::exp(log_variance[j] / 2) * plan.point(l)[j]);
    }
    const std::vector<double> output =
        Dense(g.output, DenseRelu(g.hidden2, DenseRelu(g.hidden1, z)));
    for (size_t j = 0; j < x.size(); ++j) {
      reconstruction[j] += 1 / (1 + std::exp(-output[j])) / static_cast<double>(plan.samples);
    }
  }
  double score = 0;
  for (size_t j = 0; j < x.size(); ++j) score += std::pow(x[j] - reconstruction[j], 2);
  return score;
}

// d = h = k = 1 and weights that make every step easy to do by hand.
TEST(ScorerTest, GoldenValue) {
  const auto layer = [](float weight, float bias) { return DenseLayer{1, 1, {weight}, {bias}}; };
  // hidden: x + 1, 2 (x + 1); mu = 2 (x + 1) - 3; log sigma^2 = 0.
  const NetworkWeights weights{.encoder = {layer(1, 1), layer(2, 0), layer(1, -3), layer(0, 0)},
                               .generator = {layer(1, 0), layer(1, 0.5), layer(-1, 1)}};
  const LatentPlan plan{.spec = {}, .samples = 2, .latent_size = 1, .points = {-1, 1}};
  const auto scorer = MakeScorer(weights, *MinMaxScaler::FromRanges({0}, {2}), plan);
  // Row 1 scales to 0.5: mu = 0; z = -1 and 1; hidden2 = 0.5 and 1.5; G = sigmoid(0.5) and
  // sigmoid(-0.5), whose mean is 0.5.
  // Row 4 scales to 2: mu = 3; z = 2 and 4; hidden2 = 2.5 and 4.5; G = sigmoid(-1.5) = 0.1824255
  // and sigmoid(-3.5) = 0.0293122; s = (2 - 0.1058689)^2 = 3.5877328.
  const std::vector<float> rows = {1, 4};
  const std::vector<double> scores = Scores(*scorer, {rows.data(), 2, 1});
  EXPECT_NEAR(scores[0], 0, 1e-12);
  EXPECT_NEAR(scores[1], 3.5877328, 1e-6);
}

struct ShapeCase {
  const char* name;
  NetworkSizes sizes;
  uint32_t samples;
};
void PrintTo(const ShapeCase& test_case, std::ostream* out) { *out << test_case.name; }

// Each shape with each instruction set of the processor.
using ShapeTest = ::testing::TestWithParam<std::tuple<ShapeCase, InstructionSet>>;

std::string ShapeTestName(const ::testing::TestParamInfo<ShapeTest::ParamType>& info) {
  return absl::StrCat(std::get<0>(info.param).name, "_",
                      std::string(InstructionSetName(std::get<1>(info.param))));
}

auto EachSetWith(std::initializer_list<ShapeCase> shapes) {
  return ::testing::Combine(::testing::ValuesIn(shapes),
                            ::testing::ValuesIn(SupportedInstructionSets()));
}

class ScorerShapeTest : public ShapeTest {};

TEST_P(ScorerShapeTest, AgreesWithBruteForce) {
  const auto& [shape, set] = GetParam();
  const auto& [name, sizes, samples] = shape;
  const NetworkWeights weights = RandomWeights(sizes, /*seed=*/3);
  const LatentPlan plan = Plan(samples, sizes.latent);
  const Matrix rows = RandomRows(12, sizes.features, /*seed=*/4, /*scale=*/2);
  ASSERT_OK_AND_ASSIGN(const MinMaxScaler scaler, MinMaxScaler::Fit(rows.view()));
  const auto scorer = MakeScorer(weights, scaler, plan, set);
  const std::vector<double> scores = Scores(*scorer, rows.view());
  for (size_t i = 0; i < rows.rows(); ++i) {
    std::vector<float> scaled(sizes.features);
    scaler.Transform(rows.row(i).data(), scaled.data());
    const double expected = BruteForceScore(weights, plan, {scaled.begin(), scaled.end()});
    EXPECT_NEAR(scores[i], expected, 2e-5 * expected + 2e-8) << "row " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, ScorerShapeTest,
                         EachSetWith({{"AllOne", {1, 1, 1, 1, 1, 1}, 1},
                                      {"OneFeature", {1, 3, 2, 2, 5, 4}, 5},
                                      {"OneLatent", {7, 5, 3, 1, 9, 11}, 64},
                                      {"OneSample", {9, 8, 8, 4, 8, 8}, 1},
                                      {"Odd", {13, 17, 11, 7, 19, 23}, 101},
                                      {"SeveralPartialSums", {5, 4, 4, 3, 4, 4}, 5000},
                                      {"Wide", {300, 260, 250, 90, 270, 280}, 33},
                                      {"VeryWide", {1030, 700, 600, 400, 500, 1100}, 20},
                                      {"MoreLatentThanFeatures", {3, 4, 5, 40, 6, 7}, 70}}),
                         ShapeTestName);

class ScorerPurityTest : public ShapeTest {};

TEST_P(ScorerPurityTest, AScoreDoesNotDependOnTheBatch) {
  const auto& [shape, set] = GetParam();
  const auto& [name, sizes, samples] = shape;
  const size_t count = 60;
  const Matrix rows = RandomRows(count, sizes.features, /*seed=*/5);
  const auto scorer = MakeScorer(RandomWeights(sizes, /*seed=*/6), *MinMaxScaler::Fit(rows.view()),
                                 Plan(samples, sizes.latent), set);
  const std::vector<double> alone = [&] {
    std::vector<double> scores;
    for (size_t i = 0; i < count; ++i)
      scores.push_back(Scores(*scorer, rows.view().Slice(i, 1))[0]);
    return scores;
  }();

  std::mt19937 random(7);
  ScoringMemory memory;
  for (int round = 0; round < 30; ++round) {
    std::vector<size_t> batch(1 + random() % 90);
    Matrix batch_rows{.values = {}, .columns = sizes.features};
    // A batch may start at any address.
    const size_t offset = random() % 5;
    batch_rows.values.resize(offset);
    for (size_t& index : batch) {
      index = random() % count;
      const auto row = rows.row(index);
      batch_rows.values.insert(batch_rows.values.end(), row.begin(), row.end());
    }
    std::vector<double> scores(batch.size());
    std::vector<float> details(round % 2 ? batch.size() * sizes.features : 0);
    scorer->Score({batch_rows.values.data() + offset, batch.size(), sizes.features}, scores,
                  {.expected = details}, memory);
    for (size_t i = 0; i < batch.size(); ++i) {
      EXPECT_EQ(std::bit_cast<uint64_t>(scores[i]), std::bit_cast<uint64_t>(alone[batch[i]]));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, ScorerPurityTest,
                         EachSetWith({{"Narrow", {32, 16, 16, 11, 16, 16}, 64},
                                      {"Odd", {13, 17, 11, 7, 19, 23}, 37},
                                      {"Wide", {40, 70, 80, 30, 90, 75}, 50},
                                      {"SeveralPartialSums", {9, 5, 5, 3, 7, 7}, 2600}}),
                         ShapeTestName);

TEST(ScorerTest, ThreadsGetTheSameBits) {
  const Matrix rows = RandomRows(200, 8, /*seed=*/5);
  const auto scorer = MakeScorer(RandomWeights({8, 8, 8, 3, 8, 8}, /*seed=*/6),
                                 *MinMaxScaler::Fit(rows.view()), Plan(64, 3));
  const std::vector<double> expected = Scores(*scorer, rows.view());
  std::vector<std::vector<double>> results(4);
  {
    std::vector<std::jthread> threads;
    for (std::vector<double>& result : results) {
      threads.emplace_back([&] { result = Scores(*scorer, rows.view()); });
    }
  }
  EXPECT_THAT(results, Each(expected));
}

// Of two members, the second of them whitened, with the weights 0.5 and 2.
class EnsembleScorerTest : public ::testing::Test {
 protected:
  std::unique_ptr<const Scorer> Create(const Ensemble& ensemble) {
    auto scorer = Scorer::Create(ensemble, scaler_, plan_);
    EXPECT_THAT(scorer, testing::IsOk());
    return *std::move(scorer);
  }

  const Matrix rows_ = RandomRows(70, 3, /*seed=*/8, /*scale=*/3);
  const MinMaxScaler scaler_ = *MinMaxScaler::FromRanges({0, -1, 2}, {1, 1, 2});
  const LatentPlan plan_ = Plan(64, 2);
  const Ensemble ensemble_ = {{.networks = RandomWeights({3, 9, 8, 2, 7, 5}, 9), .weight = 0.5},
                              {.networks = RandomWeights({3, 4, 6, 2, 5, 7}, 10),
                               .weight = 2,
                               .whitening = {1, 0.5, 0, 0.5, 2, 0, 0, 0, 3}}};
};

TEST_F(EnsembleScorerTest, AddsTheMembersErrors) {
  const std::vector<double> first =
      Scores(*Create({{.networks = ensemble_[0].networks}}), rows_.view());
  std::vector<float> expected(rows_.values.size());
  std::vector<double> unused(rows_.rows());
  Create({{.networks = ensemble_[1].networks}})
      ->Score(rows_.view(), unused, {.expected = expected});
  const Matrix x = scaler_.Transform(rows_.view());
  const std::vector<double> scores = Scores(*Create(ensemble_), rows_.view());
  for (size_t i = 0; i < rows_.rows(); ++i) {
    double e[3];
    for (size_t j = 0; j < 3; ++j) {
      e[j] = static_cast<double>(x.values[i * 3 + j]) - expected[i * 3 + j];
    }
    const double second =
        std::pow(e[0] + 0.5 * e[1], 2) + std::pow(0.5 * e[0] + 2 * e[1], 2) + std::pow(3 * e[2], 2);
    EXPECT_NEAR(scores[i], 0.5 * first[i] + 2 * second, 1e-12 * scores[i]);
  }
}

TEST_F(EnsembleScorerTest, DetailsExplainTheScore) {
  const auto scorer = Create(ensemble_);
  std::vector<double> scores(rows_.rows());
  std::vector<float> expected(rows_.values.size());
  std::vector<double> contributions(rows_.values.size());
  scorer->Score(rows_.view(), scores, {.expected = expected, .contributions = contributions});
  EXPECT_EQ(scores, Scores(*scorer, rows_.view()));

  std::vector<float> first(rows_.values.size());
  std::vector<float> second(rows_.values.size());
  std::vector<double> unused(rows_.rows());
  Create({ensemble_[0]})->Score(rows_.view(), unused, {.expected = first});
  Create({ensemble_[1]})->Score(rows_.view(), unused, {.expected = second});
  for (size_t i = 0; i < rows_.rows(); ++i) {
    double sum = 0;
    for (size_t j = 3 * i; j < 3 * i + 3; ++j) {
      EXPECT_FLOAT_EQ(expected[j], 0.2f * first[j] + 0.8f * second[j]);
      EXPECT_GE(contributions[j], 0);
      sum += contributions[j];
    }
    EXPECT_NEAR(sum, scores[i], 1e-12 * scores[i]);
  }
}

TEST_F(EnsembleScorerTest, AScoreDoesNotDependOnTheBatch) {
  const auto scorer = Create(ensemble_);
  const std::vector<double> together = Scores(*scorer, rows_.view());
  for (size_t i = 0; i < rows_.rows(); ++i) {
    EXPECT_EQ(Scores(*scorer, rows_.view().Slice(i, 1))[0], together[i]);
  }
}

TEST(ScorerTest, NoRowsGiveNoScores) {
  const auto scorer = MakeScorer(RandomWeights({2, 2, 2, 1, 2, 2}, 1),
                                 *MinMaxScaler::FromRanges({0, 0}, {1, 1}), Plan(4, 1));
  scorer->Score({.values = nullptr, .rows = 0, .columns = 2}, {});
}

TEST_F(EnsembleScorerTest, BreaksComeAsOftenAsWantedAndChangeNoBit) {
  const auto scorer = Create(ensemble_);
  const size_t work = rows_.rows() * scorer->multiply_adds();
  std::vector<double> scores(rows_.rows());
  ScoringMemory memory;
  for (const size_t interval : {size_t{1}, work / 10, 2 * work}) {
    size_t breaks = 0;
    EXPECT_TRUE(scorer->Score(rows_.view(), scores, {}, memory,
                              {.multiply_adds = interval, .should_stop = [&breaks] {
                                 ++breaks;
                                 return false;
                               }}));
    EXPECT_EQ(scores, Scores(*scorer, rows_.view()));
    // Two members have a tile at least for each row; encoders and whitening are not counted.
    const size_t least = interval == 1 ? 2 * rows_.rows() : interval < work ? 5 : 0;
    EXPECT_GE(breaks, least) << interval;
    EXPECT_LE(breaks, 2 * work / interval) << interval;
  }
}

TEST_F(EnsembleScorerTest, ABreakEndsAScoringWithinARow) {
  // One row, many tiles.
  const auto scorer =
      *Scorer::Create(ensemble_, *MinMaxScaler::FromRanges({0, -1, 2}, {1, 1, 2}), Plan(50'000, 2));
  std::vector<double> scores(1);
  ScoringMemory memory;
  size_t breaks = 0;
  EXPECT_FALSE(scorer->Score(rows_.view().Slice(0, 1), scores, {}, memory,
                             {.multiply_adds = scorer->multiply_adds() / 100,
                              .should_stop = [&breaks] { return ++breaks == 3; }}));
  EXPECT_EQ(breaks, 3);
}

// Weight scale: 1 is ordinary; the largest makes the sums of a layer overflow floats at once.
class ScorerExtremesTest : public ::testing::TestWithParam<std::tuple<float, InstructionSet>> {};

TEST_P(ScorerExtremesTest, EveryFiniteRowHasAFiniteScore) {
  const auto [weight_scale, set] = GetParam();
  const float tiny = FLT_MIN;
  const auto ranges = [tiny](float scale) {
    return *MinMaxScaler::FromRanges({0, 0, -scale, 5}, {tiny, scale, scale, 5});
  };
  std::vector<float> values;
  const float levels[] = {0, FLT_TRUE_MIN, tiny, -1, 1e6f, 1e38f, FLT_MAX, -FLT_MAX};
  for (const float a : levels) {
    for (const float b : levels) values.insert(values.end(), {a, b, b, a});
  }
  for (uint32_t seed = 1; seed <= 5; ++seed) {
    for (const float range : {1.0f, 1e-30f, FLT_MAX}) {
      // With few samples the first layer is not folded.
      const auto scorer = MakeScorer(RandomWeights({4, 6, 5, 3, 17, 9}, seed, weight_scale),
                                     ranges(range), Plan(seed % 2 == 0 ? 40 : 4, 3), set);
      for (const double score : Scores(*scorer, {values.data(), values.size() / 4, 4})) {
        EXPECT_TRUE(std::isfinite(score)) << score;
        EXPECT_GE(score, 0);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(WeightScales, ScorerExtremesTest,
                         ::testing::Combine(::testing::Values(0.0f, 1e-30f, 1.0f, 1e3f, 1e10f,
                                                              1e20f, 1e30f, 1e38f),
                                            ::testing::ValuesIn(SupportedInstructionSets())));

TEST(ScorerTest, FartherFromTheTrainingRangeScoresHigher) {
  const auto scorer = MakeScorer(RandomWeights({2, 4, 4, 1, 4, 4}, 1),
                                 *MinMaxScaler::FromRanges({0, 0}, {1, 1}), Plan(16, 1));
  const std::vector<float> rows = {1, 1, 3, 1, 10, 1, 1e6, 1, 1e30f, 1};
  const std::vector<double> scores = Scores(*scorer, {rows.data(), 5, 2});
  EXPECT_TRUE(std::ranges::is_sorted(scores)) << ::testing::PrintToString(scores);
}

TEST(ScorerCreateTest, RejectsPartsThatDoNotFit) {
  constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
  const NetworkWeights weights = RandomWeights({3, 4, 4, 2, 4, 4}, 1);
  const MinMaxScaler scaler = *MinMaxScaler::FromRanges({0, 0, 0}, {1, 1, 1});
  EXPECT_THAT(
      Scorer::Create({{.networks = weights}}, *MinMaxScaler::FromRanges({0}, {1}), Plan(4, 2)),
      StatusIs(kInvalid, HasSubstr("take 3 features, but the scaler has 1")));
  EXPECT_THAT(Scorer::Create({{.networks = weights}}, scaler, Plan(4, 3)),
              StatusIs(kInvalid, HasSubstr("size 2, got 12 values for 4 points of size 3")));
  EXPECT_THAT(Scorer::Create({{.networks = weights}}, scaler, LatentPlan{}),
              StatusIs(kInvalid, HasSubstr("at least one point")));
  LatentPlan not_finite = Plan(4, 2);
  not_finite.points[5] = NAN;
  EXPECT_THAT(Scorer::Create({{.networks = weights}}, scaler, not_finite),
              StatusIs(kInvalid, HasSubstr("latent plan is not finite")));
  NetworkWeights bad = weights;
  bad.generator.hidden1.bias.clear();
  EXPECT_THAT(Scorer::Create({{.networks = bad}}, scaler, Plan(4, 2)),
              StatusIs(kInvalid, HasSubstr("generator.hidden1")));
}

}  // namespace
}  // namespace advae
