#ifndef ADVAE_SERVER_CALLS_DRAINED_STREAM_H_
#define ADVAE_SERVER_CALLS_DRAINED_STREAM_H_

#include <memory>

#include "server/calls/open_streams.h"
#include "server/calls/queued_stream.h"

namespace advae {

// A QueuedStream that is among the open streams from its start until gRPC has done with it.
template <typename Reactor, typename Response>
class DrainedStream : public QueuedStream<Reactor, Response>, public OpenStreams::Stream {
 public:
  void OnDone() final {
    streams_.Remove(Self());
    QueuedStream<Reactor, Response>::OnDone();
  }

 protected:
  // `streams` outlives the call.
  DrainedStream(grpc::CallbackServerContext& context, OpenStreams& streams)
      : QueuedStream<Reactor, Response>(context), streams_(streams) {}

 private:
  // Called once, when gRPC owns the call; a stop may be announced or begin right afterwards.
  virtual void Begin() = 0;

  void Start() final {
    Begin();
    switch (streams_.Add(Self())) {
      case OpenStreams::Phase::kServing:
        break;
      case OpenStreams::Phase::kAnnounced:
        Announce();
        break;
      case OpenStreams::Phase::kDraining:
        Drain();
        break;
    }
  }
  std::shared_ptr<OpenStreams::Stream> Self() {
    return std::static_pointer_cast<DrainedStream>(this->shared_from_this());
  }

  OpenStreams& streams_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_CALLS_DRAINED_STREAM_H_
