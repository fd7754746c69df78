#ifndef ADVAE_SERVER_BASE_WORK_POOL_H_
#define ADVAE_SERVER_BASE_WORK_POOL_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace advae {

// Threads for work that may wait for the disk or takes long, so that it does not keep gRPC's few
// threads from other calls. Work begins in the order in which it is submitted. Thread-safe.
class WorkPool {
 public:
  using Work = std::function<void()>;

  // `threads` and `max_waiting` are at least 1.
  WorkPool(int threads, size_t max_waiting);
  // Does what was submitted, then ends the threads.
  ~WorkPool();

  // Has a thread of the pool call `work`, which does not throw. kResourceExhausted, with a retry
  // hint, when max_waiting pieces of work wait for a thread; `work` is destroyed uncalled then.
  absl::Status Submit(Work work) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void RunThread();
  bool HasNews() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return stopping_ || !waiting_.empty(); }

  const size_t max_waiting_;
  absl::Mutex mutex_;
  std::deque<Work> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_BASE_WORK_POOL_H_
