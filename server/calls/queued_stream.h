#ifndef ADVAE_SERVER_CALLS_QUEUED_STREAM_H_
#define ADVAE_SERVER_CALLS_QUEUED_STREAM_H_

#include <deque>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/calls/shared_call.h"
#include "server/messages/memory_budget.h"

namespace advae {

// An RPC with many responses, which come from any thread: queues them and writes one at a time.
// Each holds the call, so that it is finished after the last. `Reactor` is a ServerBidiReactor or a
// ServerWriteReactor. Thread-safe.
template <typename Reactor, typename Response>
class QueuedStream : public SharedCall<Reactor> {
 public:
  void OnWriteDone(bool ok) final {
    size_t gone = 1;
    {
      absl::MutexLock lock(&mutex_);
      writing_ = false;
      if (ok) {
        outgoing_.pop_front();
      } else {  // the call was cancelled
        gone = outgoing_.size();
        outgoing_.clear();
      }
    }
    OnSent();
    WriteNext();
    for (; gone > 0; --gone) this->Release();
  }

 protected:
  using SharedCall<Reactor>::SharedCall;

  // Nothing is sent after End. `lease` is of the memory of the response, which is given back once
  // it is sent.
  void Send(Response response, std::optional<MemoryLease> lease = std::nullopt)
      ABSL_LOCKS_EXCLUDED(mutex_) {
    if (!this->Hold()) return;
    {
      absl::MutexLock lock(&mutex_);
      outgoing_.push_back({std::move(response), std::move(lease)});
    }
    WriteNext();
  }

  // Responses that are not written yet.
  size_t queued() const ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return outgoing_.size();
  }

  // Responses have left the queue.
  virtual void OnSent() {}

 private:
  struct Outgoing {
    Response response;
    std::optional<MemoryLease> lease;
  };

  // The response that is written holds the call, also when that happens on another thread first.
  void WriteNext() ABSL_LOCKS_EXCLUDED(mutex_) {
    const Response* next = nullptr;
    {
      absl::MutexLock lock(&mutex_);
      if (writing_ || outgoing_.empty()) return;
      writing_ = true;
      next = &outgoing_.front().response;  // stays in place until OnWriteDone
    }
    this->StartWrite(next);
  }

  mutable absl::Mutex mutex_;
  std::deque<Outgoing> outgoing_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace advae

#endif  // ADVAE_SERVER_CALLS_QUEUED_STREAM_H_
