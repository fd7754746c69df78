#include "model/fitting/quantile_mapping.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace advae {
namespace {

double Quantile(std::span<const double> sorted, double probability) {
  const auto last = static_cast<double>(sorted.size() - 1);
  const double position =
      std::clamp(probability * static_cast<double>(sorted.size()) - 0.5, 0.0, last);
  const double below = std::floor(position);
  const auto index = static_cast<size_t>(below);
  return std::lerp(sorted[index], sorted[std::min(index + 1, sorted.size() - 1)], position - below);
}

}  // namespace

std::vector<double> MapQuantiles(std::span<const double> values, std::span<const double> target) {
  std::vector<double> sorted(target.begin(), target.end());
  std::ranges::sort(sorted);
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [values](size_t i) { return values[i]; });

  std::vector<double> mapped(values.size());
  for (size_t first = 0, end = 0; first < order.size(); first = end) {
    while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
    const double middle = static_cast<double>(first + end) / 2;
    const double value = Quantile(sorted, middle / static_cast<double>(values.size()));
    for (size_t i = first; i < end; ++i) mapped[order[i]] = value;
  }
  return mapped;
}

}  // namespace advae
