#include "model/distribution/kernel_tails.h"

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

namespace advae {
namespace {

struct ScoresCase {
  const char* name;
  size_t count;
  double bandwidth;
  std::function<double(size_t i, std::mt19937& random)> score;
};
void PrintTo(const ScoresCase& test_case, std::ostream* out) { *out << test_case.name; }

double Uniform(std::mt19937& random) { return std::uniform_real_distribution<>()(random); }

class KernelTailsTest : public ::testing::TestWithParam<ScoresCase> {
 protected:
  KernelTailsTest() {
    std::mt19937 random(1);
    for (size_t i = 0; i < GetParam().count; ++i) scores_.push_back(GetParam().score(i, random));
    std::sort(scores_.begin(), scores_.end());
  }

  // As the class states it.
  static double ErrorOf(double tail) { return tail < 1e-50 ? 1e-10 : 1e-12; }

  // The tail on the side of `sign`, score by score.
  double Exact(double s, double sign) const {
    double sum = 0;
    for (const double score : scores_) {
      sum += std::erfc(sign * (s - score) / GetParam().bandwidth / std::numbers::sqrt2) / 2;
    }
    return sum / static_cast<double>(scores_.size());
  }

  std::vector<double> scores_;
};

// Relative to the tail, also where there is nearly none.
TEST_P(KernelTailsTest, AreExactToRounding) {
  const double h = GetParam().bandwidth;
  const KernelTails tails(scores_, h);
  std::mt19937 random(2);
  for (int i = 0; i < 100; ++i) {
    const double near = scores_[random() % scores_.size()] + h * 60 * (Uniform(random) - 0.5);
    const double at_end = scores_.back() + h * 37 * Uniform(random);
    const double at_start = scores_.front() - h * 37 * Uniform(random);
    for (const double s : {near, at_end, at_start}) {
      // What moving s by its rounding moves the tail.
      const double rounding = 1e-15 * (1 + 40 * std::abs(s) / h);
      const double upper = Exact(s, 1), lower = Exact(s, -1);
      EXPECT_NEAR(tails.UpperTail(s), upper, upper * (ErrorOf(upper) + rounding)) << "at " << s;
      EXPECT_NEAR(tails.LowerTail(s), lower, lower * (ErrorOf(lower) + rounding)) << "at " << s;
    }
  }
}

TEST_P(KernelTailsTest, EndAtZeroAndOne) {
  const KernelTails tails(scores_, GetParam().bandwidth);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double far : {kInfinity, scores_.back() + 50 * GetParam().bandwidth}) {
    EXPECT_EQ(tails.UpperTail(far), 0);
    EXPECT_EQ(tails.LowerTail(far), 1);
  }
  for (const double far : {-kInfinity, scores_.front() - 50 * GetParam().bandwidth}) {
    EXPECT_EQ(tails.UpperTail(far), 1);
    EXPECT_EQ(tails.LowerTail(far), 0);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Scores, KernelTailsTest,
    ::testing::Values(
        ScoresCase{"One", 1, 0.5, [](size_t, auto&) { return 3.0; }},
        ScoresCase{"Two", 2, 0.7, [](size_t i, auto&) { return i + 1.0; }},
        ScoresCase{"ManyEqual", 20'000, 1e-3, [](size_t, auto&) { return 0.3; }},
        ScoresCase{"Dense", 20'000, 0.1, [](size_t, auto& r) { return Uniform(r); }},
        // Groups of just fewer and just more than are summed one by one.
        ScoresCase{"Evenly16", 2'000, 0.064, [](size_t i, auto&) { return 0.001 * i; }},
        ScoresCase{"Evenly17", 2'000, 0.068, [](size_t i, auto&) { return 0.001 * i; }},
        // All of a group at one end but for one score.
        ScoresCase{"Lopsided", 5'000, 4, [](size_t i, auto&) { return i == 0 ? 0.0 : 0.999; }},
        ScoresCase{"LopsidedUpwards", 5'000, 4,
                   [](size_t i, auto&) { return i == 0 ? 0.999 : 0.0; }},
        ScoresCase{"HeavyTail", 5'000, 0.3,
                   [](size_t, auto& r) { return std::pow(1 - Uniform(r), -2); }},
        ScoresCase{"TwoClusters", 4'000, 0.2,
                   [](size_t i, auto& r) { return i % 2 * 1e6 + Uniform(r); }}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace advae
