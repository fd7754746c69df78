#ifndef ADVAE_MODEL_DISTRIBUTION_KERNEL_TAILS_H_
#define ADVAE_MODEL_DISTRIBUTION_KERNEL_TAILS_H_

#include <cstddef>
#include <vector>

namespace advae {

// The tails of a Gaussian KDE over the scores s_1..s_m, exact to rounding, at a cost that hardly
// depends on m:
//
//   UpperTail(s) = (1/m) sum_i Q((s - s_i) / h),   Q(t) = 1 - Phi(t)
//
// Scores that lie within h/4 are a group. A small group is summed score by score, a large one as
// its Taylor series about its centre c, with probabilists' Hermite polynomials He and the normal
// density phi:
//
//   sum_i Q(t - d_i) = n Q(t) + phi(t) sum_{k >= 1} He_{k-1}(t) M_k
//   t = (s - c) / h,   d_i = (s_i - c) / h, at most 1/8,   M_k = sum_i d_i^k / k!
//
// The terms beyond those that are summed add up to less than 1e-15 n Q(t) for t up to 39, where Q
// ends as a normal number. Rounding leaves a relative error of at most 1e-12 in a tail, and of
// 1e-10 in one of less than 1e-50, where the terms of a group may have different signs.
//
// Immutable and thread-safe.
class KernelTails {
 public:
  // `scores` is not empty and ascending, `bandwidth` > 0. Takes O(m).
  KernelTails(const std::vector<double>& scores, double bandwidth);

  // 1 - F(s), without cancellation in the upper tail. Takes some microseconds.
  double UpperTail(double s) const;
  // F(s), without cancellation in the lower tail. Takes some microseconds.
  double LowerTail(double s) const;

 private:
  enum class Side { kUpper, kLower };

  static constexpr size_t kTerms = 36;
  static constexpr size_t kMostSingle = 16;

  struct Group {
    double center;
    size_t end;    // number of scores up to the group's last
    size_t count;  // of scores
    size_t first;  // in `singles_` when count is at most kMostSingle, otherwise in `moments_`
  };

  void AddGroup(const double* begin, const double* end);
  // n Q(t) or n (1 - Q(t)) of one group, exactly.
  template <Side kSide>
  double Mass(const Group& group, double s) const;

  double bandwidth_;
  std::vector<Group> groups_;    // ascending
  std::vector<double> singles_;  // the scores of small groups
  std::vector<double> moments_;  // M_1 to M_36 of each large group
};

}  // namespace advae

#endif  // ADVAE_MODEL_DISTRIBUTION_KERNEL_TAILS_H_
