#ifndef ADVAE_SERVER_TRANSPORT_STALL_WATCH_H_
#define ADVAE_SERVER_TRANSPORT_STALL_WATCH_H_

#include <grpc/grpc.h>
#include <prometheus/counter.h>

#include <chrono>
#include <optional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace advae {

// Cancels calls whose client takes nothing of what is sent to it, which would keep the answer in
// memory for ever. Thread-safe.
class StallWatch {
 public:
  using Clock = std::chrono::steady_clock;

  // What a call sends: owned by the call, read and changed by the watch alone. Forget comes before
  // its end.
  class Sending {
   private:
    friend class StallWatch;
    grpc_call* call_ = nullptr;  // with a reference, while it is watched
    Clock::time_point since_;
    Sending* previous_ = this;  // a ring through the watch
    Sending* next_ = this;
  };

  // Cancels a call after `max_stall` and counts it. `stalled` outlives the watch.
  StallWatch(absl::Duration max_stall, prometheus::Counter& stalled);
  // No call may be watched any more.
  ~StallWatch();

  // `call` has begun to send, or its client has taken a part.
  void Watch(Sending& sending, grpc_call* call);
  // All has been sent.
  void Forget(Sending& sending);

 private:
  void Run();
  // Waits for a call to be late and takes it with its reference; null when the watch ends.
  grpc_call* NextLate() ABSL_LOCKS_EXCLUDED(mutex_);
  static void Unlink(Sending& sending);

  const Clock::duration max_stall_;
  prometheus::Counter& stalled_;

  absl::Mutex mutex_;
  Sending ring_ ABSL_GUARDED_BY(mutex_);  // next_ is the one that began first
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace advae

#endif  // ADVAE_SERVER_TRANSPORT_STALL_WATCH_H_
