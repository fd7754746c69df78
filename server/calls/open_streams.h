#ifndef ADVAE_SERVER_CALLS_OPEN_STREAMS_H_
#define ADVAE_SERVER_CALLS_OPEN_STREAMS_H_

#include <memory>
#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace advae {

// The open streams whose clients may leave them open for as long as they like. Told of a stop, they
// end by themselves, so that none of them holds it up for the whole drain timeout. Thread-safe.
class OpenStreams {
 public:
  class Stream {
   public:
    // The server stops: what the stream has read is still answered, then it ends with UNAVAILABLE.
    virtual void Drain() = 0;

   protected:
    ~Stream() = default;
  };

  // Whether the stream will be told of a stop: not when that has begun. It is owned until Remove.
  bool Add(const std::shared_ptr<Stream>& stream) ABSL_LOCKS_EXCLUDED(mutex_);
  // Does nothing for a stream that was not added.
  void Remove(const std::shared_ptr<Stream>& stream) ABSL_LOCKS_EXCLUDED(mutex_);

  void Drain() ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether Drain was called.
  bool draining() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  mutable absl::Mutex mutex_;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<std::shared_ptr<Stream>> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace advae

#endif  // ADVAE_SERVER_CALLS_OPEN_STREAMS_H_
