#ifndef ADVAE_CLIENT_CLI_CHUNK_QUEUE_H_
#define ADVAE_CLIENT_CLI_CHUNK_QUEUE_H_

#include <deque>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace advae {

// Takes what belongs to each chunk of rows from the thread that reads the file to the one that gets
// the results. Thread-safe.
template <typename Chunk>
class ChunkQueue {
 public:
  void Push(Chunk chunk) {
    absl::MutexLock lock(&mutex_);
    chunks_.push_back(std::move(chunk));
  }
  // An empty chunk when nothing has been pushed.
  Chunk Pop() {
    absl::MutexLock lock(&mutex_);
    if (chunks_.empty()) return {};
    Chunk chunk = std::move(chunks_.front());
    chunks_.pop_front();
    return chunk;
  }

 private:
  absl::Mutex mutex_;
  std::deque<Chunk> chunks_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace advae

#endif  // ADVAE_CLIENT_CLI_CHUNK_QUEUE_H_
