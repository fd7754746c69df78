#ifndef ADVAE_MODEL_SCORING_SCALER_H_
#define ADVAE_MODEL_SCORING_SCALER_H_

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "model/data/matrix.h"

namespace advae {

// Whether a NaN is an error, or a missing value, which is passed over.
enum class MissingRule { kRefused, kPassedOver };

// Min-max scaling with the training minimum and maximum of each feature:
//
//   x'_j = (x_j - min_j) / (max_j - min_j)
//
// Nothing is clamped to [0, 1]: a value outside the training range must be able to raise the
// score. A feature that was constant in training (max_j = min_j) scales to x_j - min_j, and its
// range is [0, 0] then. Results saturate at +-1e12, so that no finite input can overflow the
// networks.
//
// With compressed ends a value e beyond an end of its range comes to lie g(e) beyond it:
//
//   g(e) = 0.1 ln(1 + 20 e)                   for e <= 0.5
//   g(e) = 0.1 ln(11) + (e - 0.5) 2 / 11      beyond
//
// It starts steeper than the range, so that leaving it counts, and goes on flatter, so that one
// feature that is a range or two out does not count as much as all others together.
//
// Immutable and thread-safe.
class MinMaxScaler {
 public:
  // The ranges of `rows`; that of a feature without values is [0, 0]. kInvalidArgument when there
  // are no rows or columns, or when a value is infinite, or a NaN that is refused (the message
  // names the first such row and column).
  static absl::StatusOr<MinMaxScaler> Fit(MatrixView rows,
                                          MissingRule missing = MissingRule::kRefused);

  // The same, but a range ends at most as far below the 1 % quantile of the feature, and above its
  // 99 % quantile, as these are apart: a few absurd values, such as a -9999 for a missing reading,
  // cannot squeeze all others together. Of 20 rows or more, one value at either end never does. A
  // feature whose quantiles are equal has its whole range. Errors as in Fit.
  static absl::StatusOr<MinMaxScaler> FitRobust(MatrixView rows,
                                                MissingRule missing = MissingRule::kRefused);

  // The given ranges, size d each. kInvalidArgument when the sizes differ or are 0, a bound is not
  // finite, or a minimum exceeds its maximum.
  static absl::StatusOr<MinMaxScaler> FromRanges(std::vector<float> minimum,
                                                 std::vector<float> maximum);

  // The same with compressed ends.
  MinMaxScaler WithCompressedEnds() &&;

  bool compresses_ends() const { return compresses_ends_; }
  size_t columns() const { return minimum_.size(); }
  const std::vector<float>& minimum() const { return minimum_; }
  const std::vector<float>& maximum() const { return maximum_; }

  // Scales one row: `row` and `scaled` have size columns() and may be the same. Values of `row`
  // are finite, or NaN, which they stay.
  void Transform(const float* row, float* scaled) const;

  // All of `rows`, which have columns() columns, scaled.
  Matrix Transform(MatrixView rows) const { return Transform(rows, columns()); }
  // The same of their first `columns` features alone.
  Matrix Transform(MatrixView rows, size_t columns) const;

  // `rows`, with values outside the range of their feature moved to its nearer end; NaN stays.
  Matrix Limit(MatrixView rows) const;

  // The inverse for feature `column`.
  double Restore(size_t column, double scaled) const;

 private:
  MinMaxScaler(std::vector<float> minimum, std::vector<float> maximum);

  std::vector<float> minimum_;
  std::vector<float> maximum_;
  std::vector<double> factor_;  // 1 / (max - min), or 1 for a constant feature
  std::vector<double> end_;     // of the scaled range: 1, or 0 for a constant feature
  bool compresses_ends_ = false;
};

}  // namespace advae

#endif  // ADVAE_MODEL_SCORING_SCALER_H_
