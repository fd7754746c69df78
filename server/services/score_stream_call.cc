#include "server/services/score_stream_call.h"

#include <algorithm>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "model/base/steady_clock.h"
#include "server/calls/caller_key.h"

namespace advae {
namespace {

// `status` with what it carries, of the request with this index.
absl::Status OfRequest(size_t index, const absl::Status& status) {
  absl::Status failure(status.code(), absl::StrCat("request ", index, ": ", status.message()));
  status.ForEachPayload([&failure](absl::string_view type, const absl::Cord& payload) {
    failure.SetPayload(type, payload);
  });
  return failure;
}

}  // namespace

ScoreStreamCall::ScoreStreamCall(grpc::CallbackServerContext& context, CallPermit permit,
                                 const Resources& resources)
    : DrainedStream(context, resources.streams),
      permit_(std::move(permit)),
      resources_(resources),
      deadline_(SteadyDeadline(context.deadline())),
      drain_alarm_(resources.alarms) {}

void ScoreStreamCall::Drain() {
  {
    absl::MutexLock lock(&mutex_);
    answered_before_ = answered_;
  }
  // The alarm belongs to the call, which must be able to go before it.
  drain_alarm_.Set(SteadyNow() + kDrainSilence, [this, call = weak_from_this()] {
    if (const auto owner = call.lock()) EndIfSilent();
  });
}

void ScoreStreamCall::EndIfSilent() {
  bool silent = false;
  {
    absl::MutexLock lock(&mutex_);
    silent_ = OpenRequests() == 0 && answered_ == answered_before_;
    silent = silent_;
  }
  if (silent) return SendAnswers();
  Drain();
}

ScoreCaller ScoreStreamCall::Caller() {
  return {
      .key = [this] { return Key(); },
      .weight = permit_.caller().weight(),
      .cancelled = [abandoned = abandoned_] { return abandoned->load(std::memory_order_relaxed); },
      .is_held_back = true};
}

uint64_t ScoreStreamCall::Key() {
  // Asked on another thread for a large table, when the call may have been cancelled and gone.
  if (!Hold()) return 0;
  const uint64_t key = CallerKey(permit_.caller(), context());
  Release();
  return key;
}

void ScoreStreamCall::ReadNext() {
  if (!Hold()) return;
  if (Entry* const entry = NextEntry(); entry != nullptr) StartRead(&entry->received);
  Release();
}

ScoreStreamCall::Entry* ScoreStreamCall::NextEntry() {
  absl::MutexLock lock(&mutex_);
  if (reading_ || input_ended_ || !failure_.ok()) return nullptr;
  if (entries_.size() + queued() >= kMaxOpenRequests) return nullptr;
  reading_ = true;
  return &entries_.emplace_back(*this);
}

void ScoreStreamCall::OnReadDone(bool ok) {
  Entry* entry = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    reading_ = false;
    if (ok) {
      entry = &entries_.back();
    } else {
      input_ended_ = true;
      entries_.pop_back();
    }
  }
  if (entry == nullptr) {
    // A stream that was cut has not come to its end.
    if (context().IsCancelled()) OnCancel();
    return SendAnswers();
  }
  if (!entry->received.status().ok()) return OnScored(*entry, entry->received.status());
  entry->operation.Start(deadline_, [this, owner = shared_from_this(), entry](absl::Status status) {
    OnScored(*entry, std::move(status));
  });
  ReadNext();
}

void ScoreStreamCall::OnCancel() {
  abandoned_->store(true, std::memory_order_relaxed);
  End(absl::CancelledError("the call was cancelled"));
}

void ScoreStreamCall::OnSent() { ReadNext(); }

void ScoreStreamCall::OnScored(Entry& entry, absl::Status status) {
  {
    absl::MutexLock lock(&mutex_);
    entry.done = true;
    entry.status = std::move(status);
  }
  SendAnswers();
}

void ScoreStreamCall::SendAnswers() {
  for (;;) {
    std::optional<v1::ScoreResponse> answer;
    std::optional<MemoryLease> lease;
    {
      absl::MutexLock lock(&mutex_);
      // Whoever is sending will see what this thread came to send.
      if (sending_) return;
      if (Exhausted()) break;
      if (entries_.empty() || !entries_.front().done) return;
      Entry& first = entries_.front();
      if (failure_.ok() && first.status.ok()) {
        answer = std::move(first.response);
        lease = std::move(first.received.lease());
      } else if (failure_.ok()) {
        failure_ = OfRequest(answered_, first.status);
        abandoned_->store(true, std::memory_order_relaxed);
      }
      ++answered_;
      entries_.pop_front();
      sending_ = true;
    }
    if (answer) Send(*std::move(answer), std::move(lease));
    absl::MutexLock lock(&mutex_);
    sending_ = false;
  }
  absl::Status outcome;
  {
    absl::MutexLock lock(&mutex_);
    outcome = failure_;
    if (failure_.ok() && !input_ended_) outcome = absl::UnavailableError("the server is stopping");
  }
  End(outcome);
}

bool ScoreStreamCall::Exhausted() const {
  // A request that is still being read is of no interest after a failure.
  return OpenRequests() == 0 && (input_ended_ || silent_ || !failure_.ok());
}

size_t ScoreStreamCall::OpenRequests() const { return entries_.size() - (reading_ ? 1 : 0); }

}  // namespace advae
