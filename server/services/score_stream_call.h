#ifndef ADVAE_SERVER_SERVICES_SCORE_STREAM_CALL_H_
#define ADVAE_SERVER_SERVICES_SCORE_STREAM_CALL_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/base/steady_alarm.h"
#include "server/calls/drained_stream.h"
#include "server/services/score_operation.h"

namespace advae {

// One ScoreStream RPC: scores a few requests at once and answers them in order. Reads no further
// while as many are unanswered or unsent, so that a client that does not read costs a bounded
// amount of memory. When the server stops, the call goes on as long as requests keep coming, and
// ends once its client has been silent for kDrainSilence.
class ScoreStreamCall : public DrainedStream<grpc::ServerBidiReactor<Received, v1::ScoreResponse>,
                                             v1::ScoreResponse> {
 public:
  static constexpr absl::Duration kDrainSilence = absl::Seconds(1);

  // What the calls work with. All of it outlives them.
  struct Resources {
    ScoreResources scoring;
    MessageLimits& limits;
    OpenStreams& streams;
    AlarmThread& alarms;
  };

  ScoreStreamCall(grpc::CallbackServerContext& context, CallPermit permit,
                  const Resources& resources);

  void OnReadDone(bool ok) override;
  void OnCancel() override;
  void Drain() override;

 protected:
  void OnSent() override;

 private:
  static constexpr size_t kMaxOpenRequests = 4;

  struct Entry {
    explicit Entry(ScoreStreamCall& call)
        : received(request, call.resources_.limits, call.permit_),
          operation(call.resources_.scoring, received, response, call.Caller()) {}

    v1::ScoreRequest request;
    Received received;
    v1::ScoreResponse response;
    ScoreOperation operation;
    bool done = false;
    absl::Status status;
  };

  void Begin() override { ReadNext(); }
  ScoreCaller Caller();
  // Of the caller; 0 once the call has ended.
  uint64_t Key();
  // Reads the next request unless the window is full, the input has ended or the call has failed.
  void ReadNext();
  // Makes room for the request that ReadNext is about to read; null when it is not to read.
  Entry* NextEntry();
  void OnScored(Entry& entry, absl::Status status);
  // Sends what is done, in order, and ends the call when nothing is left to do.
  void SendAnswers();
  // True when the call is over but for its status.
  bool Exhausted() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The number of requests that are read and not answered.
  size_t OpenRequests() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Ends the call unless a request has come since Drain.
  void EndIfSilent();

  const CallPermit permit_;
  const Resources resources_;
  const absl::Time deadline_;  // steady
  // The client has gone, or a request has failed: the answers to the others are of no interest.
  const std::shared_ptr<std::atomic<bool>> abandoned_ = std::make_shared<std::atomic<bool>>(false);

  absl::Mutex mutex_;
  // In the order of the requests; the one that is being read last.
  std::list<Entry> entries_ ABSL_GUARDED_BY(mutex_);
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool input_ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool sending_ ABSL_GUARDED_BY(mutex_) = false;
  size_t answered_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t answered_before_ ABSL_GUARDED_BY(mutex_) = 0;  // at the last Drain
  bool silent_ ABSL_GUARDED_BY(mutex_) = false;         // the server stops, and no request came
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);        // of the first request that failed
  SteadyAlarm drain_alarm_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_SERVICES_SCORE_STREAM_CALL_H_
