#include "server/calls/open_streams.h"

namespace advae {

bool OpenStreams::Add(const std::shared_ptr<Stream>& stream) {
  absl::MutexLock lock(&mutex_);
  if (!draining_) streams_.insert(stream);
  return !draining_;
}

void OpenStreams::Remove(const std::shared_ptr<Stream>& stream) {
  absl::MutexLock lock(&mutex_);
  streams_.erase(stream);
}

void OpenStreams::Drain() {
  std::set<std::shared_ptr<Stream>> streams;
  {
    absl::MutexLock lock(&mutex_);
    draining_ = true;
    streams = streams_;
  }
  for (const std::shared_ptr<Stream>& stream : streams) stream->Drain();
}

bool OpenStreams::draining() const {
  absl::MutexLock lock(&mutex_);
  return draining_;
}

}  // namespace advae
