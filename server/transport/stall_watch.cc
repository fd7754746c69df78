#include "server/transport/stall_watch.h"

#include <utility>

namespace advae {

StallWatch::StallWatch(absl::Duration max_stall, prometheus::Counter& stalled)
    : max_stall_(max_stall), stalled_(stalled), thread_([this] { Run(); }) {}

StallWatch::~StallWatch() {
  stop_.Notify();
  thread_.join();
}

void StallWatch::Watch(Sending& sending, grpc_call* call) {
  const absl::Time now = SteadyNow();
  absl::MutexLock lock(&mutex_);
  Unlink(sending);
  if (sending.call_ == nullptr) grpc_call_ref(call);
  sending.call_ = call;
  sending.since_ = now;
  sending.previous_ = ring_.previous_;
  sending.next_ = &ring_;
  ring_.previous_->next_ = &sending;
  ring_.previous_ = &sending;
}

void StallWatch::Forget(Sending& sending) {
  grpc_call* call = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    Unlink(sending);
    call = std::exchange(sending.call_, nullptr);
  }
  if (call != nullptr) grpc_call_unref(call);
}

void StallWatch::Run() {
  while (!stop_.WaitUntil(NextCheck())) {
    while (grpc_call* const call = TakeLate()) {
      // Without the mutex, as gRPC may end the call at once, which calls Forget.
      grpc_call_cancel_with_status(call, GRPC_STATUS_CANCELLED,
                                   "the client does not read the answer", nullptr);
      grpc_call_unref(call);
      stalled_.Increment();
    }
  }
}

absl::Time StallWatch::NextCheck() const {
  absl::MutexLock lock(&mutex_);
  // A call that begins to send after this is late later.
  return (ring_.next_ == &ring_ ? SteadyNow() : ring_.next_->since_) + max_stall_;
}

grpc_call* StallWatch::TakeLate() {
  absl::MutexLock lock(&mutex_);
  Sending& first = *ring_.next_;
  if (&first == &ring_ || SteadyNow() < first.since_ + max_stall_) return nullptr;
  Unlink(first);
  return std::exchange(first.call_, nullptr);
}

void StallWatch::Unlink(Sending& sending) {
  sending.previous_->next_ = sending.next_;
  sending.next_->previous_ = sending.previous_;
  sending.previous_ = sending.next_ = &sending;
}

}  // namespace advae
