#include "model/scoring/scaler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace advae {
namespace {

constexpr double kLargestScaled = 1e12;

double Range(float minimum, float maximum) {
  return static_cast<double>(maximum) - static_cast<double>(minimum);
}

// g of the ends, and its inverse.
constexpr double kEndScale = 0.1;
constexpr double kEndSteepness = 20;
constexpr double kCurvedEnd = 0.5;
constexpr double kEndSlope = kEndScale * kEndSteepness / (1 + kEndSteepness * kCurvedEnd);

double Compress(double beyond) {
  const double curved = kEndScale * std::log1p(kEndSteepness * std::min(beyond, kCurvedEnd));
  return curved + kEndSlope * std::max(beyond - kCurvedEnd, 0.0);
}

double Decompress(double compressed) {
  const double curved = Compress(kCurvedEnd);
  if (compressed > curved) return kCurvedEnd + (compressed - curved) / kEndSlope;
  return std::expm1(compressed / kEndScale) / kEndSteepness;
}

// `value` with `change` made of what lies beyond [0, end]; a NaN stays.
template <typename Change>
double BeyondEnds(double value, double end, Change change) {
  if (value < 0) return -change(-value);
  if (value > end) return end + change(value - end);
  return value;
}

constexpr double kTail = 0.01;
constexpr size_t kMinRowsForTail = 20;

// How many of `rows` rows lie beyond the quantile at either end.
size_t TailRows(size_t rows) {
  if (rows < kMinRowsForTail) return 0;
  return std::max<size_t>(1, static_cast<size_t>(kTail * static_cast<double>(rows - 1)));
}

// The value that would be at `index` in ascending order; reorders `values`.
float OrderStatistic(std::vector<float>& values, size_t index) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(index);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

}  // namespace

absl::StatusOr<MinMaxScaler> MinMaxScaler::Fit(MatrixView rows, MissingRule missing) {
  if (rows.rows == 0 || rows.columns == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("the scaler needs at least one row and one column, got ", rows.rows,
                     " rows of ", rows.columns, " columns"));
  }
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  std::vector<float> minimum(rows.columns, kInfinity);
  std::vector<float> maximum(rows.columns, -kInfinity);
  for (size_t i = 0; i < rows.rows; ++i) {
    const std::span<const float> row = rows.row(i);
    for (size_t j = 0; j < rows.columns; ++j) {
      if (std::isnan(row[j]) && missing == MissingRule::kPassedOver) continue;
      if (!std::isfinite(row[j])) {
        return absl::InvalidArgumentError(absl::StrCat("training row ", i, ", column ", j,
                                                       ": expected a finite value, got ", row[j]));
      }
      minimum[j] = std::min(minimum[j], row[j]);
      maximum[j] = std::max(maximum[j], row[j]);
    }
  }
  for (size_t j = 0; j < rows.columns; ++j) {
    if (minimum[j] > maximum[j]) minimum[j] = maximum[j] = 0;
  }
  return MinMaxScaler(std::move(minimum), std::move(maximum));
}

absl::StatusOr<MinMaxScaler> MinMaxScaler::FitRobust(MatrixView rows, MissingRule missing) {
  absl::StatusOr<MinMaxScaler> whole = Fit(rows, missing);
  if (!whole.ok()) return whole;
  std::vector<float> minimum = whole->minimum();
  std::vector<float> maximum = whole->maximum();
  std::vector<float> values;
  values.reserve(rows.rows);
  for (size_t j = 0; j < rows.columns; ++j) {
    values.clear();
    for (size_t i = 0; i < rows.rows; ++i) {
      if (const float value = rows.row(i)[j]; !std::isnan(value)) values.push_back(value);
    }
    if (values.empty()) continue;
    const size_t left_out = TailRows(values.size());
    const double low = OrderStatistic(values, left_out);
    const double high = OrderStatistic(values, values.size() - 1 - left_out);
    if (!(high > low)) continue;
    minimum[j] = static_cast<float>(std::max<double>(minimum[j], low - (high - low)));
    maximum[j] = static_cast<float>(std::min<double>(maximum[j], high + (high - low)));
  }
  return MinMaxScaler(std::move(minimum), std::move(maximum));
}

absl::StatusOr<MinMaxScaler> MinMaxScaler::FromRanges(std::vector<float> minimum,
                                                      std::vector<float> maximum) {
  if (minimum.empty() || minimum.size() != maximum.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the scaler needs a minimum and a maximum for each feature, got ",
                     minimum.size(), " minima and ", maximum.size(), " maxima"));
  }
  for (size_t j = 0; j < minimum.size(); ++j) {
    if (!std::isfinite(minimum[j]) || !std::isfinite(maximum[j]) || minimum[j] > maximum[j]) {
      return absl::InvalidArgumentError(
          absl::StrCat("feature ", j, ": expected a finite minimum <= maximum, got [", minimum[j],
                       ", ", maximum[j], "]"));
    }
  }
  return MinMaxScaler(std::move(minimum), std::move(maximum));
}

MinMaxScaler::MinMaxScaler(std::vector<float> minimum, std::vector<float> maximum)
    : minimum_(std::move(minimum)),
      maximum_(std::move(maximum)),
      factor_(minimum_.size()),
      end_(minimum_.size()) {
  for (size_t j = 0; j < factor_.size(); ++j) {
    const double range = Range(minimum_[j], maximum_[j]);
    factor_[j] = range > 0 ? 1 / range : 1;
    end_[j] = range > 0 ? 1 : 0;
  }
}

MinMaxScaler MinMaxScaler::WithCompressedEnds() && {
  compresses_ends_ = true;
  return std::move(*this);
}

void MinMaxScaler::Transform(const float* row, float* scaled) const {
  for (size_t j = 0; j < columns(); ++j) {
    double value = Range(minimum_[j], row[j]) * factor_[j];
    if (compresses_ends_) value = BeyondEnds(value, end_[j], Compress);
    scaled[j] = static_cast<float>(std::clamp(value, -kLargestScaled, kLargestScaled));
  }
}

Matrix MinMaxScaler::Transform(MatrixView rows, size_t columns) const {
  Matrix scaled{.values = {}, .columns = columns};
  scaled.values.reserve(rows.rows * columns);
  std::vector<float> row(rows.columns);
  for (size_t i = 0; i < rows.rows; ++i) {
    Transform(rows.row(i).data(), row.data());
    scaled.values.insert(scaled.values.end(), row.begin(),
                         row.begin() + static_cast<std::ptrdiff_t>(columns));
  }
  return scaled;
}

Matrix MinMaxScaler::Limit(MatrixView rows) const {
  Matrix limited{.values = {rows.values, rows.values + rows.rows * rows.columns},
                 .columns = rows.columns};
  for (size_t i = 0; i < limited.values.size(); ++i) {
    const size_t j = i % rows.columns;
    limited.values[i] = std::clamp(limited.values[i], minimum_[j], maximum_[j]);
  }
  return limited;
}

double MinMaxScaler::Restore(size_t column, double scaled) const {
  const double value = compresses_ends_ ? BeyondEnds(scaled, end_[column], Decompress) : scaled;
  return minimum_[column] + value / factor_[column];
}

}  // namespace advae
