#include "model/distribution/p_value_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "model/distribution/score_distribution.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

struct ScoresCase {
  const char* name;
  std::function<double(size_t i, std::mt19937& random)> score;
  size_t count;
};
void PrintTo(const ScoresCase& test_case, std::ostream* out) { *out << test_case.name; }

double Uniform(std::mt19937& random) { return std::uniform_real_distribution<>()(random); }

class PValueTableTest : public ::testing::TestWithParam<ScoresCase> {
 protected:
  PValueTableTest() {
    std::mt19937 random(1);
    for (size_t i = 0; i < GetParam().count; ++i) scores_.push_back(GetParam().score(i, random));
    std::sort(scores_.begin(), scores_.end());
    bandwidth_ = ScoreDistribution::Fit(scores_)->bandwidth();
  }

  double ExactTail(double s) const {
    double sum = 0;
    for (const double score : scores_) {
      sum += std::erfc((s - score) / bandwidth_ / std::numbers::sqrt2) / 2;
    }
    return sum / static_cast<double>(scores_.size());
  }

  double ExactDensity(double s) const {
    double sum = 0;
    for (const double score : scores_) {
      const double t = (s - score) / bandwidth_;
      sum += std::exp(-t * t / 2);
    }
    return sum / static_cast<double>(scores_.size()) / bandwidth_ / std::sqrt(2 * std::numbers::pi);
  }

  // Points around the scores, in the gaps between them and outside.
  std::vector<double> Probes() const {
    std::mt19937 random(2);
    const double range = scores_.back() - scores_.front();
    std::vector<double> probes;
    for (int i = 0; i < 500; ++i) {
      probes.push_back(scores_[random() % scores_.size()] +
                       bandwidth_ * 14 * (Uniform(random) - 0.5));
      probes.push_back(scores_.front() + range * (1.2 * Uniform(random) - 0.1));
    }
    std::sort(probes.begin(), probes.end());
    return probes;
  }

  std::vector<double> scores_;
  double bandwidth_;
};

TEST_P(PValueTableTest, IsCloseToTheExactDistribution) {
  const PValueTable table(scores_, bandwidth_);
  for (const double s : Probes()) {
    const PValueTable::Tail tail = table.At(s);
    EXPECT_NEAR(tail.p_value, ExactTail(s), 3e-7) << "at " << s;
    EXPECT_NEAR(tail.density * bandwidth_, ExactDensity(s) * bandwidth_, 1e-5) << "at " << s;
  }
}

TEST_P(PValueTableTest, NeverIncreases) {
  const PValueTable table(scores_, bandwidth_);
  double previous = 1;
  for (const double s : Probes()) {
    const PValueTable::Tail tail = table.At(s);
    EXPECT_LE(tail.p_value, previous + 1e-15);
    EXPECT_GE(tail.p_value, 0);
    EXPECT_GE(tail.density, 0);
    previous = tail.p_value;
  }
}

TEST_P(PValueTableTest, EndsAreExact) {
  const PValueTable table(scores_, bandwidth_);
  EXPECT_EQ(table.At(scores_.front() - 7 * bandwidth_).p_value, 1);
  EXPECT_EQ(table.At(scores_.back() + 7 * bandwidth_).p_value, 0);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(table.At(-kInfinity).p_value, 1);
  EXPECT_EQ(table.At(kInfinity).p_value, 0);
  EXPECT_EQ(table.At(kInfinity).density, 0);
}

TEST_P(PValueTableTest, BracketsAPValue) {
  const PValueTable table(scores_, bandwidth_);
  for (const double s : Probes()) {
    const double p_value = table.At(s).p_value;
    if (p_value == 0 || p_value == 1) continue;
    const auto [low, high] = table.Bracket(p_value);
    EXPECT_LT(low, high);
    EXPECT_GE(table.At(low).p_value, p_value);
    EXPECT_LE(table.At(high).p_value, p_value);
  }
}

// The bound that the class states.
TEST_P(PValueTableTest, IsSmall) {
  const double m = static_cast<double>(scores_.size());
  EXPECT_LE(static_cast<double>(PValueTable(scores_, bandwidth_).size()),
            384 * std::max(1.0, 0.7 * std::pow(m, 0.47)));
}

INSTANTIATE_TEST_SUITE_P(
    Scores, PValueTableTest,
    ::testing::Values(
        ScoresCase{"Two", [](size_t i, auto&) { return i + 1.0; }, 2},
        ScoresCase{"AllEqual", [](size_t, auto&) { return 0.3; }, 10},
        ScoresCase{"AllZero", [](size_t, auto&) { return 0.0; }, 3},
        ScoresCase{"NearlyEqual", [](size_t i, auto&) { return 1 + 1e-16 * i; }, 30},
        ScoresCase{"Exponential", [](size_t, auto& r) { return -std::log(1 - Uniform(r)); }, 2000},
        ScoresCase{"HeavyTail", [](size_t, auto& r) { return std::pow(1 - Uniform(r), -2); }, 3000},
        ScoresCase{"Evenly", [](size_t i, auto&) { return 0.01 * i; }, 1000},
        ScoresCase{"OneOutlier", [](size_t i, auto& r) { return i == 0 ? 1e12 : Uniform(r); }, 500},
        ScoresCase{"TwoClusters", [](size_t i, auto& r) { return i % 2 * 1e6 + Uniform(r); }, 400},
        // As far apart as can be: the k-th outlier is k^8 away.
        ScoresCase{"ManyOutliers",
                   [](size_t i, auto& r) { return i % 20 ? Uniform(r) : std::pow(i, 8.0); }, 4000}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace advae
