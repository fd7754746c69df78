#include "server/base/steady_alarm.h"

#include <grpc/support/time.h>

#include <utility>

namespace advae {

void SteadyAlarm::Set(Time time, std::function<void()> callback) {
  // One of its own for each time: gRPC's keep their callback, which may be the one that runs now.
  const auto alarm = std::make_shared<grpc::Alarm>();
  std::shared_ptr<grpc::Alarm> previous;
  {
    absl::MutexLock lock(&mutex_);
    previous = std::exchange(alarm_, alarm);
  }
  const std::chrono::nanoseconds wait = time - std::chrono::steady_clock::now();
  const gpr_timespec deadline =
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_nanos(wait.count(), GPR_TIMESPAN));
  alarm->Set(deadline, [callback = std::move(callback)](bool expired) {
    if (expired) callback();
  });
}

}  // namespace advae
