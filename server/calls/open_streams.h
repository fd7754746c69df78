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
    // The server will stop, and serves on for the time being: clients had better go elsewhere.
    virtual void Announce() {}
    // The server stops: what the stream has read is still answered, then it ends with UNAVAILABLE.
    virtual void Drain() = 0;

   protected:
    ~Stream() = default;
  };

  enum class Phase { kServing, kAnnounced, kDraining };

  // The stream is told of all that comes after the phase that is returned. It is owned until
  // Remove, except when kDraining is returned.
  Phase Add(const std::shared_ptr<Stream>& stream) ABSL_LOCKS_EXCLUDED(mutex_);
  // Does nothing for a stream that was not added.
  void Remove(const std::shared_ptr<Stream>& stream) ABSL_LOCKS_EXCLUDED(mutex_);

  // A stop is announced, or begins. Phases only go forward.
  void Announce() ABSL_LOCKS_EXCLUDED(mutex_);
  void Drain() ABSL_LOCKS_EXCLUDED(mutex_);
  Phase phase() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // Enters the phase. Returns the streams to be told; none when it has been entered before.
  std::set<std::shared_ptr<Stream>> Enter(Phase phase) ABSL_LOCKS_EXCLUDED(mutex_);

  mutable absl::Mutex mutex_;
  Phase phase_ ABSL_GUARDED_BY(mutex_) = Phase::kServing;
  std::set<std::shared_ptr<Stream>> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace advae

#endif  // ADVAE_SERVER_CALLS_OPEN_STREAMS_H_
