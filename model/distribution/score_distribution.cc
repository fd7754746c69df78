#include "model/distribution/score_distribution.h"

#include <algorithm>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "absl/strings/str_cat.h"

namespace advae {
namespace {

constexpr double kLargestScore = 1e100;

// In bandwidths: beyond it a kernel's tail is zero even as a denormal number.
constexpr double kFarReach = 40;

// Two passes, on scores divided by the largest so that no square overflows.
double SampleStandardDeviation(const std::vector<double>& sorted_scores) {
  const double largest = sorted_scores.back();
  const double count = static_cast<double>(sorted_scores.size());
  double mean = 0;
  for (const double score : sorted_scores) mean += score / largest / count;
  double squares = 0;
  for (const double score : sorted_scores) {
    const double deviation = score / largest - mean;
    squares += deviation * deviation;
  }
  return largest * std::sqrt(squares / (count - 1));
}

// Silverman's rule and its floors, as the class comment has them.
double Bandwidth(const std::vector<double>& sorted_scores) {
  const double largest = sorted_scores.back();
  if (sorted_scores.front() == largest) return std::max(1e-9, 1e-6 * largest);
  const double count = static_cast<double>(sorted_scores.size());
  const double factor = std::pow(3 * count / 4, -0.2);
  return std::max({factor * SampleStandardDeviation(sorted_scores), 1e-12 * largest, 1e-200});
}

}  // namespace

absl::Status ValidateAlpha(double alpha) {
  if (alpha > 0 && alpha < 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("alpha, the significance, lies between 0 and 1 (exclusive), got ", alpha));
}

absl::Status ValidateTrimmedShare(double share) {
  if (share >= 0 && share <= 0.5) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("trimmed_share is ", share, ", expected a share from 0 to 0.5"));
}

std::vector<double> WithoutHighest(std::vector<double> scores, double share) {
  const auto trimmed = static_cast<size_t>(share * static_cast<double>(scores.size()));
  const auto end = scores.end() - static_cast<std::ptrdiff_t>(trimmed);
  const auto is_below = [](double a, double b) { return std::isnan(a) ? !std::isnan(b) : a < b; };
  std::nth_element(scores.begin(), end, scores.end(), is_below);
  scores.erase(end, scores.end());
  return scores;
}

absl::StatusOr<ScoreDistribution> ScoreDistribution::Fit(std::vector<double> scores) {
  if (scores.size() < 2) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the distribution of the scores needs at least 2 training rows, got ", scores.size()));
  }
  for (size_t i = 0; i < scores.size(); ++i) {
    if (!(scores[i] >= 0 && scores[i] <= kLargestScore)) {
      return absl::InvalidArgumentError(absl::StrCat("training score ", i,
                                                     ": expected a value from 0 to ", kLargestScore,
                                                     ", got ", scores[i]));
    }
  }
  std::sort(scores.begin(), scores.end());
  const double bandwidth = Bandwidth(scores);
  return ScoreDistribution(std::move(scores), bandwidth);
}

ScoreDistribution::ScoreDistribution(std::vector<double> sorted_scores, double bandwidth)
    : scores_(std::move(sorted_scores)),
      bandwidth_(bandwidth),
      table_(scores_, bandwidth_),
      tails_(scores_, bandwidth_) {}

double ScoreDistribution::Density(double s) const {
  const auto first = std::lower_bound(scores_.begin(), scores_.end(), s - kFarReach * bandwidth_);
  const auto last = std::upper_bound(first, scores_.end(), s + kFarReach * bandwidth_);
  double sum = 0;
  for (auto score = first; score != last; ++score) {
    const double t = (s - *score) / bandwidth_;
    sum += std::exp(-t * t / 2);
  }
  return sum * std::numbers::inv_sqrtpi / std::numbers::sqrt2 / bandwidth_ /
         static_cast<double>(size());
}

absl::StatusOr<double> ScoreDistribution::Threshold(double alpha) const {
  if (absl::Status status = ValidateAlpha(alpha); !status.ok()) return status;
  // Solved in the tail that is the smaller, where no digits are lost.
  const auto excess = [this, alpha](double s) {
    return alpha <= 0.5 ? alpha - tails_.UpperTail(s) : tails_.LowerTail(s) - (1 - alpha);
  };
  // Between two nodes of the table, unless its error or its end has a part in it.
  auto [low, high] = table_.Bracket(alpha);
  double excess_low = excess(low), excess_high = excess(high);
  if (!(excess_low <= 0)) excess_low = excess(low = scores_.front() - kFarReach * bandwidth_);
  if (!(excess_high >= 0)) excess_high = excess(high = scores_.back() + kFarReach * bandwidth_);
  constexpr int kBits = std::numeric_limits<double>::digits - 1;
  std::uintmax_t iterations = 400;
  const auto [left, right] = boost::math::tools::toms748_solve(
      excess, low, high, excess_low, excess_high, boost::math::tools::eps_tolerance<double>(kBits),
      iterations);
  return left + (right - left) / 2;
}

double ScoreDistribution::Quantile(double q) const {
  const double position = q * static_cast<double>(size() - 1);
  const size_t lower = std::min(static_cast<size_t>(position), size() - 2);
  const double share = position - static_cast<double>(lower);
  return scores_[lower] + share * (scores_[lower + 1] - scores_[lower]);
}

std::vector<ScoreDistribution::CurvePoint> ScoreDistribution::Curve(size_t points) const {
  std::vector<CurvePoint> curve;
  curve.reserve(points);
  const double range = scores_.back() - scores_.front();
  const double steps = static_cast<double>(std::max<size_t>(points, 2) - 1);
  for (size_t i = 0; i < points; ++i) {
    const double score = scores_.front() + range * (static_cast<double>(i) / steps);
    const PValueTable::Tail tail = table_.At(score);
    curve.push_back({.score = score, .density = tail.density, .cdf = 1 - tail.p_value});
  }
  return curve;
}

}  // namespace advae
