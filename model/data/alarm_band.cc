#include "model/data/alarm_band.h"

#include <algorithm>
#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace advae {
namespace {

// Of the sum; what is left out of it is less than this.
constexpr double kNegligible = 1e-15;

// Walks along the probabilities P(k) of a beta-binomial distribution over 0..n with one mode. They
// are in units of P(mode), so that none of those that count underflows.
class BetaBinomialWalk {
 public:
  BetaBinomialWalk(uint64_t n, double a, double b) : n_(n), a_(a), b_(b), k_(Mode()) {}

  uint64_t k() const { return k_; }
  double probability() const { return probability_; }

  void StepUp() {
    probability_ *= Ratio(k_);
    ++k_;
  }
  void StepDown() {
    --k_;
    probability_ /= Ratio(k_);
  }

  // Whether the probabilities from here on, of which none is greater, could change `sum`.
  bool MattersAbove(double sum) const {
    return static_cast<double>(n_ - k_) * probability_ > kNegligible * sum;
  }
  bool MattersBelow(double sum) const {
    return static_cast<double>(k_) * probability_ > kNegligible * sum;
  }

 private:
  // Where P(k + 1) / P(k) falls to 1; a + b > 2.
  uint64_t Mode() const {
    const auto n = static_cast<double>(n_);
    const double mode = std::ceil((n * (a_ - 1) - b_ + 1) / (a_ + b_ - 2));
    return static_cast<uint64_t>(std::clamp(mode, 0.0, n));
  }

  // P(k + 1) / P(k)
  double Ratio(uint64_t k) const {
    const auto below = static_cast<double>(k);
    const auto above = static_cast<double>(n_ - k);
    return above * (a_ + below) / ((below + 1) * (b_ + above - 1));
  }

  uint64_t n_;
  double a_;
  double b_;
  uint64_t k_;
  double probability_ = 1;
};

}  // namespace

absl::StatusOr<AlarmBand> ExpectedAlarms(double alpha, uint64_t training_scores,
                                         uint64_t normal_rows) {
  if (!(alpha > 0 && alpha < 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("alpha is ", alpha, ", expected a significance between 0 and 1 (exclusive)"));
  }
  if (training_scores < 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected at least two training scores, got ", training_scores));
  }
  const double scale = static_cast<double>(training_scores) + 1;
  const BetaBinomialWalk mode(normal_rows, alpha * scale, (1 - alpha) * scale);

  double sum = mode.probability();
  for (BetaBinomialWalk walk = mode; walk.MattersAbove(sum); sum += walk.probability()) {
    walk.StepUp();
  }
  BetaBinomialWalk walk = mode;
  for (; walk.MattersBelow(sum); sum += walk.probability()) walk.StepDown();

  constexpr double kTail = (1 - kAlarmBandLevel) / 2;
  double up_to_k = walk.probability();
  const auto rise_to = [&](double share) {
    for (; up_to_k < share * sum && walk.k() < normal_rows; up_to_k += walk.probability()) {
      walk.StepUp();
    }
    return walk.k();
  };
  const uint64_t low = rise_to(kTail);
  return AlarmBand{.low = low, .high = rise_to(1 - kTail)};
}

bool CanTellAlarmRate(double alpha, uint64_t training_scores, uint64_t normal_rows) {
  // A little less than one alarm is rounding: 0.001 * 1000 need not be 1.
  constexpr double kOneAlarm = 1 - 1e-9;
  return alpha * static_cast<double>(std::min(training_scores, normal_rows)) >= kOneAlarm;
}

}  // namespace advae
