#include "model/distribution/kernel_tails.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace advae {
namespace {

constexpr double kGroupWidth = 0.25;  // in bandwidths
// In bandwidths: beyond the near reach a group's mass is complete to rounding, beyond the far reach
// its tail is zero even as a denormal number.
constexpr double kNearReach = 9.25;
constexpr double kFarReach = 39;
// A share of the sum that rounding loses anyway.
constexpr double kNegligible = 1e-18;

double UpperTailAt(double t) { return std::erfc(t / std::numbers::sqrt2) / 2; }

// How many terms leave less than 1e-15 of the sum.
size_t TermsAt(double t) {
  const double distance = std::abs(t);
  if (distance <= 4) return 16;
  return distance <= 8 ? 20 : 36;
}

}  // namespace

KernelTails::KernelTails(const std::vector<double>& scores, double bandwidth)
    : bandwidth_(bandwidth) {
  const double* const last = scores.data() + scores.size();
  for (const double* begin = scores.data(); begin != last;) {
    const double* const end = std::upper_bound(begin, last, *begin + kGroupWidth * bandwidth);
    AddGroup(begin, end);
    begin = end;
  }
}

void KernelTails::AddGroup(const double* begin, const double* end) {
  const auto count = static_cast<size_t>(end - begin);
  const bool is_small = count <= kMostSingle;
  const double center = *begin + (*(end - 1) - *begin) / 2;
  groups_.push_back({.center = center,
                     .end = count + (groups_.empty() ? 0 : groups_.back().end),
                     .count = count,
                     .first = is_small ? singles_.size() : moments_.size()});
  if (is_small) {
    singles_.insert(singles_.end(), begin, end);
    return;
  }
  double* const moments = &*moments_.insert(moments_.end(), kTerms, 0.0);
  for (const double* score = begin; score != end; ++score) {
    const double distance = (*score - center) / bandwidth_;
    double term = 1;
    for (size_t k = 0; k < kTerms; ++k) {
      term *= distance / static_cast<double>(k + 1);
      moments[k] += term;
    }
  }
}

template <KernelTails::Side kSide>
double KernelTails::Mass(const Group& group, double s) const {
  constexpr double kSign = kSide == Side::kUpper ? 1 : -1;
  if (group.count <= kMostSingle) {
    double sum = 0;
    for (size_t i = group.first; i < group.first + group.count; ++i) {
      sum += UpperTailAt(kSign * (s - singles_[i]) / bandwidth_);
    }
    return sum;
  }
  const double t = (s - group.center) / bandwidth_;
  if (std::abs(t) > kFarReach) return kSign * t > 0 ? 0 : static_cast<double>(group.count);
  const double density = std::exp(-t * t / 2) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
  const double* const moments = &moments_[group.first];
  const size_t terms = TermsAt(t);
  double sum = 0;
  double polynomial = 1;  // He_k(t)
  double previous = 0;    // He_{k-1}(t)
  for (size_t k = 0; k < terms; ++k) {
    sum += polynomial * moments[k];
    const double next = t * polynomial - static_cast<double>(k) * previous;
    previous = polynomial;
    polynomial = next;
  }
  return static_cast<double>(group.count) * UpperTailAt(kSign * t) + kSign * density * sum;
}

double KernelTails::UpperTail(double s) const {
  // From the groups above s, which count in full, down to where nothing is left to add.
  auto group =
      std::upper_bound(groups_.begin(), groups_.end(), s + kNearReach * bandwidth_,
                       [](double value, const Group& group) { return value < group.center; });
  const double count = static_cast<double>(groups_.back().end);
  double sum = count - (group == groups_.begin() ? 0.0 : static_cast<double>((group - 1)->end));
  while (group != groups_.begin()) {
    --group;
    const double mass = Mass<Side::kUpper>(*group, s);
    sum += mass;
    if (mass * count <= kNegligible * sum * static_cast<double>(group->count)) break;
  }
  return sum / count;
}

double KernelTails::LowerTail(double s) const {
  auto group =
      std::lower_bound(groups_.begin(), groups_.end(), s - kNearReach * bandwidth_,
                       [](const Group& group, double value) { return group.center < value; });
  const double count = static_cast<double>(groups_.back().end);
  double sum = group == groups_.begin() ? 0.0 : static_cast<double>((group - 1)->end);
  for (; group != groups_.end(); ++group) {
    const double mass = Mass<Side::kLower>(*group, s);
    sum += mass;
    if (mass * count <= kNegligible * sum * static_cast<double>(group->count)) break;
  }
  return sum / count;
}

}  // namespace advae
