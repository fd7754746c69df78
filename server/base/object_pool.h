#ifndef ADVAE_SERVER_BASE_OBJECT_POOL_H_
#define ADVAE_SERVER_BASE_OBJECT_POOL_H_

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace advae {

// Objects that are costly to make, kept from one use to the next. Thread-safe.
template <typename T>
class ObjectPool {
 public:
  // Keeps at most `max_kept` objects that are not in use.
  explicit ObjectPool(size_t max_kept) : max_kept_(max_kept) { kept_.reserve(max_kept); }

  // The object that was last returned, or a new one.
  std::unique_ptr<T> Take() {
    {
      absl::MutexLock lock(&mutex_);
      if (!kept_.empty()) {
        std::unique_ptr<T> object = std::move(kept_.back());
        kept_.pop_back();
        return object;
      }
    }
    return std::make_unique<T>();
  }

  void Return(std::unique_ptr<T> object) {
    absl::MutexLock lock(&mutex_);
    if (kept_.size() < max_kept_) kept_.push_back(std::move(object));
  }

 private:
  const size_t max_kept_;
  absl::Mutex mutex_;
  std::vector<std::unique_ptr<T>> kept_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace advae

#endif  // ADVAE_SERVER_BASE_OBJECT_POOL_H_
