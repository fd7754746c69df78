#ifndef ADVAE_SERVER_SERVICES_OPERATION_STREAM_H_
#define ADVAE_SERVER_SERVICES_OPERATION_STREAM_H_

#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "model/base/steady_clock.h"
#include "server/base/steady_alarm.h"
#include "server/calls/caller_key.h"
#include "server/calls/drained_stream.h"
#include "server/calls/request_window.h"
#include "server/metrics/metrics.h"
#include "server/services/score_operation.h"

namespace advae {

// What the calls of an OperationStream work with. All of it outlives them.
struct StreamResources {
  ScoreResources scoring;
  MessageLimits& limits;
  OpenStreams& streams;
  AlarmThread& alarms;
  // Measures each request, of a stream that goes on when one fails; null where the call says it
  // all.
  MethodMetrics* requests = nullptr;
};

// `status` with what it carries, of the request with this index.
absl::Status OfRequest(size_t index, const absl::Status& status);

// One RPC with a stream of requests that operations, such as ScoreOperation, answer: works on a few
// requests at once and answers them in order. Reads no further while as many are unanswered or
// unsent, so that a client that does not read costs a bounded amount of memory. When the server
// stops, the call goes on as long as requests keep coming, and ends once its client has been silent
// for kDrainSilence.
//
// `Protocol` has the types Request, Response and Operation, and the functions
//
//   // Where the operation writes.
//   static OperationResponse& AnswerIn(Response& response);
//   // The answer to a request that has failed; none when the stream ends with the error.
//   static std::optional<Response> AnswerTo(const Received& request, const absl::Status& error,
//                                           const grpc::ServerContextBase& context);
template <typename Protocol>
class OperationStream
    : public DrainedStream<grpc::ServerBidiReactor<Received, typename Protocol::Response>,
                           typename Protocol::Response> {
 public:
  using Response = typename Protocol::Response;

  static constexpr absl::Duration kDrainSilence = absl::Seconds(1);

  OperationStream(grpc::CallbackServerContext& context, CallPermit permit,
                  const StreamResources& resources)
      : DrainedStream<grpc::ServerBidiReactor<Received, Response>, Response>(context,
                                                                             resources.streams),
        permit_(std::move(permit)),
        resources_(resources),
        deadline_(SteadyDeadline(context.deadline())),
        drain_alarm_(resources.alarms) {}

  void OnReadDone(bool ok) override {
    Entry* const entry = window_.EndRead(ok);
    if (entry == nullptr) {
      // A stream that was cut has not come to its end.
      if (this->context().IsCancelled()) OnCancel();
      return SendAnswers();
    }
    entry->start = SteadyNow();
    if (resources_.requests != nullptr) resources_.requests->in_flight().Increment();
    if (!entry->received.status().ok()) return OnAnswered(*entry, entry->received.status());
    entry->operation.Start(
        deadline_, [this, owner = this->shared_from_this(), entry](const absl::Status& status) {
          OnAnswered(*entry, status);
        });
    ReadNext();
  }

  void OnCancel() override {
    abandoned_->store(true, std::memory_order_relaxed);
    this->End(absl::CancelledError("the call was cancelled"));
  }

  void Drain() override {
    // The alarm belongs to the call, which must be able to go before it.
    drain_alarm_.Set(SteadyNow() + kDrainSilence,
                     [this, call = this->weak_from_this(), answered = window_.answered()] {
                       const auto owner = call.lock();
                       if (owner == nullptr) return;
                       if (window_.EndIfIdle(answered)) return SendAnswers();
                       Drain();
                     });
  }

 protected:
  void OnSent() override { ReadNext(); }

 private:
  struct Entry {
    explicit Entry(OperationStream& call)
        : received(request, call.resources_.limits, call.permit_),
          operation(call.resources_.scoring, received, Protocol::AnswerIn(response),
                    call.Caller()) {}

    typename Protocol::Request request;
    Received received;
    Response response;
    typename Protocol::Operation operation;
    absl::Time start;  // steady
    absl::Status status;
  };

  void Begin() override { ReadNext(); }

  ScoreCaller Caller() {
    return {.key = [this] { return Key(); },
            .weight = permit_.caller().weight(),
            .cancelled = [abandoned =
                              abandoned_] { return abandoned->load(std::memory_order_relaxed); },
            .is_held_back = true};
  }

  // Of the caller; 0 once the call has ended.
  uint64_t Key() {
    // Asked on another thread for a large table, when the call may have been cancelled and gone.
    if (!this->Hold()) return 0;
    const uint64_t key = CallerKey(permit_.caller(), this->context());
    this->Release();
    return key;
  }

  // Reads the next request unless the window is full, the input has ended or the call has failed.
  void ReadNext() {
    if (!this->Hold()) return;
    Entry* const entry = window_.BeginRead(this->queued(), *this);
    if (entry != nullptr) this->StartRead(&entry->received);
    this->Release();
  }

  void OnAnswered(Entry& entry, const absl::Status& status) {
    if (resources_.requests != nullptr) Measure(entry.start, status);
    entry.status = status;
    window_.SetDone(entry);
    SendAnswers();
  }

  void Measure(absl::Time start, const absl::Status& status) const {
    resources_.requests->in_flight().Decrement();
    resources_.requests->Duration(static_cast<grpc::StatusCode>(status.code()))
        .Observe(absl::ToDoubleSeconds(SteadyNow() - start));
  }

  // Sends what is done, in order, and ends the call when nothing is left to do.
  void SendAnswers() {
    const bool is_over =
        window_.AnswerDone([this](Entry& entry, size_t index) { Answer(entry, index); });
    if (is_over) this->End(window_.Outcome());
  }

  void Answer(Entry& entry, size_t index) {
    if (entry.status.ok()) {
      return this->Send(std::move(entry.response), std::move(entry.received.lease()));
    }
    if (!this->Hold()) return;
    std::optional<Response> answer =
        Protocol::AnswerTo(entry.received, entry.status, this->context());
    this->Release();
    // It may repeat what the request has.
    if (answer) return this->Send(*std::move(answer), std::move(entry.received.lease()));
    window_.Fail(OfRequest(index, entry.status));
    abandoned_->store(true, std::memory_order_relaxed);
  }

  const CallPermit permit_;
  const StreamResources resources_;
  const absl::Time deadline_;  // steady
  // The client has gone, or a request has failed: the answers to the others are of no interest.
  const std::shared_ptr<std::atomic<bool>> abandoned_ = std::make_shared<std::atomic<bool>>(false);
  RequestWindow<Entry> window_;
  SteadyAlarm drain_alarm_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_SERVICES_OPERATION_STREAM_H_
