#ifndef ADVAE_SERVER_SERVICES_QUEUED_STREAM_H_
#define ADVAE_SERVER_SERVICES_QUEUED_STREAM_H_

#include <grpcpp/support/server_callback.h>

#include <deque>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace advae {

// A bidirectional RPC whose responses come from any thread: queues them, writes one at a time and
// ends the RPC after the last. Thread-safe.
template <typename Request, typename Response>
class QueuedStream : public grpc::ServerBidiReactor<Request, Response> {
 public:
  void OnWriteDone(bool ok) final {
    {
      absl::MutexLock lock(&mutex_);
      writing_ = false;
      outgoing_.pop_front();
      if (!ok) outgoing_.clear();  // the client has gone
    }
    OnSent();
    Advance();
  }

 protected:
  // Not after End.
  void Send(Response response) {
    {
      absl::MutexLock lock(&mutex_);
      outgoing_.push_back(std::move(response));
    }
    Advance();
  }

  // Ends the RPC once all responses are written; called once. The object may be gone when it
  // returns.
  void End(grpc::Status status) {
    {
      absl::MutexLock lock(&mutex_);
      outcome_ = std::move(status);
    }
    Advance();
  }

  // Responses that are not written yet.
  size_t queued() const {
    absl::MutexLock lock(&mutex_);
    return outgoing_.size();
  }

  // A response has left the queue.
  virtual void OnSent() {}

 private:
  // Starts the next write, or the end. gRPC is called without the lock: it may call back, and
  // after Finish another thread may delete this object.
  void Advance() {
    std::optional<grpc::Status> finish;
    const Response* write = nullptr;
    {
      absl::MutexLock lock(&mutex_);
      if (writing_) return;
      if (!outgoing_.empty()) {
        writing_ = true;
        write = &outgoing_.front();  // stays in place until OnWriteDone
      } else {
        finish = std::exchange(outcome_, std::nullopt);
      }
    }
    if (write != nullptr) {
      this->StartWrite(write);
    } else if (finish) {
      this->Finish(*std::move(finish));
    }
  }

  mutable absl::Mutex mutex_;
  std::deque<Response> outgoing_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<grpc::Status> outcome_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace advae

#endif  // ADVAE_SERVER_SERVICES_QUEUED_STREAM_H_
