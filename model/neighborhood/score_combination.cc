#include "model/neighborhood/score_combination.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"

namespace advae {
namespace {

constexpr double kLeastZ = -5;
constexpr double kLinearZ = 8;
constexpr double kMinWidth = 0.05;
// By how many widths the 99 % quantile may be above the center.
constexpr double kTailWidths = 3.5;
// Of the median of the scores above 0.
constexpr double kFloorShare = 0.5;
constexpr double kLeastFloor = 1e-300;

// Of values that it may reorder, at least one; linearly interpolated.
double Quantile(std::vector<double>& values, double q) {
  const double position = q * static_cast<double>(values.size() - 1);
  const auto index = static_cast<size_t>(position);
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(index);
  std::nth_element(values.begin(), at, values.end());
  if (at + 1 == values.end()) return *at;
  const double next = *std::min_element(at + 1, values.end());
  return *at + (position - static_cast<double>(index)) * (next - *at);
}

double Deviation(const std::vector<double>& values) {
  double mean = 0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size()));
}

}  // namespace

PartScale PartScale::Fit(std::span<const double> training_scores) {
  PartScale scale;
  std::vector<double> values;
  for (const double score : training_scores) {
    if (score > 0) values.push_back(score);
  }
  if (!values.empty()) scale.floor = std::max(kFloorShare * Quantile(values, 0.5), kLeastFloor);
  values.clear();
  for (const double score : training_scores) {
    values.push_back(std::log(std::max(score, scale.floor)));
  }
  scale.center = Quantile(values, 0.5);
  scale.width = Quantile(values, 0.9) - scale.center;
  if (scale.width < kMinWidth) scale.width = std::max(Deviation(values), kMinWidth);
  const double tail = Quantile(values, 0.99) - scale.center;
  scale.width = std::max(scale.width, tail / kTailWidths);
  return scale;
}

absl::Status PartScale::Validate() const {
  if (floor > 0 && std::isfinite(floor) && std::isfinite(center) && width > 0 &&
      std::isfinite(width)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("a scale has floor ", floor, ", center ", center, " and width ", width,
                   ", expected finite numbers, floor and width above 0"));
}

double PartScale::Median() const {
  constexpr double kMaxLogarithm = 700;  // of a number that is finite
  return std::exp(std::min(center, kMaxLogarithm));
}

double PartScale::Standardize(double score) const {
  const double z = (std::log(std::max(score, floor)) - center) / width;
  if (z <= kLinearZ) return std::max(z, kLeastZ);
  return kLinearZ + std::log1p(z - kLinearZ);
}

double ScoreOf(double z) {
  // Without overflow for a large z, or the loss of all digits for a small one.
  return std::max(z, 0.0) + std::log1p(std::exp2(-std::abs(z))) / std::log(2.0);
}

}  // namespace advae
