#ifndef ADVAE_SERVER_BASE_STEADY_ALARM_H_
#define ADVAE_SERVER_BASE_STEADY_ALARM_H_

#include <grpcpp/alarm.h>

#include <chrono>
#include <functional>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace advae {

// Calls back once, at a time of the clock that nobody sets, on a thread of gRPC's, which must not
// be kept waiting. Not set at first. An alarm that has just gone off may call back after it was set
// again or destroyed; its callback may do either. Thread-safe.
class SteadyAlarm {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Replaces what was set before.
  void Set(Time time, std::function<void()> callback) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Mutex mutex_;
  std::shared_ptr<grpc::Alarm> alarm_ ABSL_GUARDED_BY(mutex_);  // null when never set
};

}  // namespace advae

#endif  // ADVAE_SERVER_BASE_STEADY_ALARM_H_
