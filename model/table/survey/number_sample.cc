#include "model/table/survey/number_sample.h"

#include <algorithm>
#include <cmath>

namespace advae {

void NumberSample::Add(double value) {
  ++count_;
  if (values_.size() < kSize) {
    values_.push_back(value);
  } else if (const uint64_t place = random_() % count_; place < kSize) {
    values_[place] = value;
  }
}

std::vector<double> NumberSample::Quantiles(const std::vector<double>& shares) const {
  std::vector<double> sorted = values_;
  std::ranges::sort(sorted);
  std::vector<double> quantiles;
  for (const double share : shares) {
    const double place = share * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<size_t>(place);
    const size_t above = std::min(below + 1, sorted.size() - 1);
    quantiles.push_back(std::lerp(sorted[below], sorted[above], place - std::floor(place)));
  }
  return quantiles;
}

}  // namespace advae
