#include "server/transport/stall_watch.h"

#include <utility>

namespace advae {

StallWatch::StallWatch(absl::Duration max_stall, prometheus::Counter& stalled)
    : max_stall_(absl::ToChronoNanoseconds(max_stall)),
      stalled_(stalled),
      thread_([this] { Run(); }) {}

StallWatch::~StallWatch() {
  {
    absl::MutexLock lock(&mutex_);
    stop_ = true;
  }
  thread_.join();
}

void StallWatch::Watch(Sending& sending, grpc_call* call) {
  const Clock::time_point now = Clock::now();
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
  while (grpc_call* const call = NextLate()) {
    // Without the mutex, as gRPC may end the call at once, which calls Forget.
    grpc_call_cancel_with_status(call, GRPC_STATUS_CANCELLED, "the client does not read the answer",
                                 nullptr);
    grpc_call_unref(call);
    stalled_.Increment();
  }
}

grpc_call* StallWatch::NextLate() {
  absl::MutexLock lock(&mutex_);
  for (;;) {
    if (stop_) return nullptr;
    Sending* const first = ring_.next_;
    const Clock::duration left =
        first == &ring_ ? max_stall_ : first->since_ + max_stall_ - Clock::now();
    if (first != &ring_ && left <= Clock::duration::zero()) {
      Unlink(*first);
      return std::exchange(first->call_, nullptr);
    }
    // One that begins meanwhile is late later than this.
    mutex_.AwaitWithTimeout(absl::Condition(&stop_), absl::FromChrono(left));
  }
}

void StallWatch::Unlink(Sending& sending) {
  sending.previous_->next_ = sending.next_;
  sending.next_->previous_ = sending.previous_;
  sending.previous_ = sending.next_ = &sending;
}

}  // namespace advae
