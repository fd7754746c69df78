#include "server/calls/open_streams.h"

namespace advae {

OpenStreams::Phase OpenStreams::Add(const std::shared_ptr<Stream>& stream) {
  absl::MutexLock lock(&mutex_);
  if (phase_ != Phase::kDraining) streams_.insert(stream);
  return phase_;
}

void OpenStreams::Remove(const std::shared_ptr<Stream>& stream) {
  absl::MutexLock lock(&mutex_);
  streams_.erase(stream);
}

void OpenStreams::Announce() {
  for (const std::shared_ptr<Stream>& stream : Enter(Phase::kAnnounced)) stream->Announce();
}

void OpenStreams::Drain() {
  for (const std::shared_ptr<Stream>& stream : Enter(Phase::kDraining)) stream->Drain();
}

OpenStreams::Phase OpenStreams::phase() const {
  absl::MutexLock lock(&mutex_);
  return phase_;
}

std::set<std::shared_ptr<OpenStreams::Stream>> OpenStreams::Enter(Phase phase) {
  absl::MutexLock lock(&mutex_);
  if (phase_ >= phase) return {};
  phase_ = phase;
  return streams_;
}

}  // namespace advae
