#include "model/scoring/missing_values.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace advae {

MissingValues MissingValues::Fit(MatrixView rows, std::vector<bool> unusual, size_t marks) {
  MissingValues missing{
      .imputed = std::vector<float>(rows.columns), .unusual = std::move(unusual), .marks = marks};
  std::vector<float> values;
  for (size_t j = 0; j < rows.columns; ++j) {
    values.clear();
    for (size_t i = 0; i < rows.rows; ++i) {
      if (const float value = rows.row(i)[j]; !std::isnan(value)) values.push_back(value);
    }
    if (values.empty()) continue;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
    std::nth_element(values.begin(), middle, values.end());
    missing.imputed[j] = *middle;
  }
  return missing;
}

absl::Status MissingValues::Validate(size_t features) const {
  if (imputed.size() != features || unusual.size() != features || marks >= features) {
    return absl::InvalidArgumentError(absl::StrCat(
        "expected for ", features, " features as many values that stand in for missing ones, got ",
        imputed.size(), " and ", marks, " marks"));
  }
  if (!std::ranges::all_of(imputed, [](float value) { return std::isfinite(value); })) {
    return absl::InvalidArgumentError("a value that stands in for missing ones is not finite");
  }
  return absl::OkStatus();
}

}  // namespace advae
