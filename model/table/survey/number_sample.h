#ifndef ADVAE_MODEL_TABLE_SURVEY_NUMBER_SAMPLE_H_
#define ADVAE_MODEL_TABLE_SURVEY_NUMBER_SAMPLE_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace advae {

// A sample of numbers that come one by one: all of them up to kSize, then each with the same
// chance (Vitter's algorithm R). The same numbers in the same order give the same sample.
class NumberSample {
 public:
  static constexpr size_t kSize = 65'536;

  // `value` is finite.
  void Add(double value);

  // Of the numbers that came.
  uint64_t count() const { return count_; }

  // The quantiles of the sample for ascending `shares` in [0, 1], interpolated linearly between
  // neighbours. There is at least one number.
  std::vector<double> Quantiles(const std::vector<double>& shares) const;

 private:
  std::vector<double> values_;
  uint64_t count_ = 0;
  std::mt19937_64 random_{1};
};

}  // namespace advae

#endif  // ADVAE_MODEL_TABLE_SURVEY_NUMBER_SAMPLE_H_
