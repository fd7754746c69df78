#include "model/neighborhood/feature_relations.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "absl/strings/str_cat.h"

namespace advae {
namespace {

// Whether they ascend, none twice, and are below `end`.
bool AreIndices(const std::vector<uint32_t>& values, size_t end) {
  return std::ranges::adjacent_find(values, std::greater_equal()) == values.end() &&
         (values.empty() || values.back() < end);
}

bool AreFinite(const std::vector<double>& values) {
  return std::ranges::all_of(values, [](double value) { return std::isfinite(value); });
}

}  // namespace

absl::Status FeatureRelations::Validate(size_t features) const {
  if (explained.empty() || related.size() > kMaxRelated || !AreIndices(related, features) ||
      !AreIndices(explained, related.size())) {
    return absl::InvalidArgumentError(
        absl::StrCat("relations of ", related.size(), " features, ", explained.size(),
                     " of them explained, do not fit rows of ", features));
  }
  if (means.size() != related.size() || weights.size() != related.size() * explained.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "relations of ", related.size(), " features, ", explained.size(),
        " of them explained, have ", means.size(), " means and ", weights.size(), " weights"));
  }
  bool are_valid =
      AreFinite(means) && AreFinite(weights) && std::isfinite(threshold) && threshold > 0;
  for (size_t n = 0; are_valid && n < explained.size(); ++n) are_valid = OwnWeight(n) > 0;
  return are_valid ? absl::OkStatus()
                   : absl::InvalidArgumentError("a number of the relations is out of range");
}

// Feature by feature, so that the sums, each of which has to wait for its own last addition, are
// computed side by side.
void FeatureRelations::Residuals(const float* row, std::span<double> residuals) const {
  const size_t count = explained.size();
  std::ranges::fill(residuals, 0.0);
  double* const sums = residuals.data();
  for (size_t k = 0; k < related.size(); ++k) {
    const double difference = static_cast<double>(row[related[k]]) - means[k];
    const double* const factors = weights.data() + k * count;
    for (size_t n = 0; n < count; ++n) sums[n] += factors[n] * difference;
  }
}

double FeatureRelations::Bonus(std::span<const double> residuals) const {
  return kBonusSlope * std::log2(std::max(1.0, LargestResidual(residuals) / threshold));
}

double LargestResidual(std::span<const double> residuals) {
  double largest = 0;
  for (const double residual : residuals) largest = std::max(largest, std::abs(residual));
  return largest;
}

}  // namespace advae
