#ifndef ADVAE_EXPERIMENTS_BASELINES_MINI_BATCHES_H_
#define ADVAE_EXPERIMENTS_BASELINES_MINI_BATCHES_H_

// Private to the baselines: needs LibTorch.

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdint>

namespace advae {

// Endless mini-batches of 128 rows, or of all when there are fewer. Each pass over the rows has
// another order; what is left of a pass and too small for a mini-batch is passed over.
class MiniBatches {
 public:
  // `random` outlives the object.
  MiniBatches(at::Tensor rows, at::Generator& random)
      : rows_(std::move(rows)),
        size_(std::min<int64_t>(kSize, rows_.size(0))),
        random_(random),
        next_(rows_.size(0)) {}

  // [size(), features].
  at::Tensor Next() {
    if (next_ + size_ > rows_.size(0)) {
      order_ = at::randperm(rows_.size(0), random_, at::kLong);
      next_ = 0;
    }
    next_ += size_;
    return rows_.index_select(0, order_.narrow(0, next_ - size_, size_));
  }

  int64_t size() const { return size_; }

 private:
  static constexpr int64_t kSize = 128;

  const at::Tensor rows_;
  const int64_t size_;
  at::Generator& random_;
  at::Tensor order_;
  int64_t next_;  // first row of the next mini-batch in order_
};

}  // namespace advae

#endif  // ADVAE_EXPERIMENTS_BASELINES_MINI_BATCHES_H_
