#ifndef ADVAE_SERVER_TRANSPORT_STALL_WATCH_H_
#define ADVAE_SERVER_TRANSPORT_STALL_WATCH_H_

#include <grpc/grpc.h>
#include <prometheus/counter.h>

#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/steady_notification.h"

namespace advae {

// Cancels calls whose client takes nothing of what is sent to it, which would keep the answer in
// memory for ever. Thread-safe.
class StallWatch {
 public:
  // What a call sends: owned by the call, read and changed by the watch alone. Forget comes before
  // its end.
  class Sending {
   private:
    friend class StallWatch;
    grpc_call* call_ = nullptr;  // with a reference, while it is watched
    absl::Time since_;           // steady
    Sending* previous_ = this;   // a ring through the watch
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
  // The steady time before which no call is late.
  absl::Time NextCheck() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Takes a call that is late, with its reference; null when none is.
  grpc_call* TakeLate() ABSL_LOCKS_EXCLUDED(mutex_);
  static void Unlink(Sending& sending);

  const absl::Duration max_stall_;
  prometheus::Counter& stalled_;

  mutable absl::Mutex mutex_;
  Sending ring_ ABSL_GUARDED_BY(mutex_);  // next_ is the one that began first
  SteadyNotification stop_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace advae

#endif  // ADVAE_SERVER_TRANSPORT_STALL_WATCH_H_
