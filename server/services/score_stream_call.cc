#include "server/services/score_stream_call.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/services/grpc_status.h"

namespace advae {

ScoreStreamCall::ScoreStreamCall(ModelTable& table, Batcher& batcher,
                                 grpc::CallbackServerContext& context)
    : table_(table), batcher_(batcher), context_(context) {
  ReadNext();
}

void ScoreStreamCall::ReadNext() {
  Entry* entry = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    if (reading_ || input_ended_ || !failure_.ok()) return;
    if (entries_.size() + queued() >= kMaxOpenRequests) return;
    entry = &entries_.emplace_back(*this);
    reading_ = true;
  }
  StartRead(&entry->request);
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
  if (entry == nullptr) return SendAnswers();
  entry->operation.Start(absl::FromChrono(context_.deadline()), [this, entry](absl::Status status) {
    OnScored(*entry, std::move(status));
  });
  ReadNext();
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
    {
      absl::MutexLock lock(&mutex_);
      // Whoever is sending will see what this thread came to send.
      if (sending_ || ended_) return;
      if (Exhausted()) {
        ended_ = true;
        break;
      }
      if (entries_.empty() || !entries_.front().done) return;
      Entry& first = entries_.front();
      if (failure_.ok() && first.status.ok()) {
        answer = std::move(first.response);
      } else if (failure_.ok()) {
        failure_ = absl::Status(first.status.code(),
                                absl::StrCat("request ", answered_, ": ", first.status.message()));
        abandoned_.store(true, std::memory_order_relaxed);
      }
      ++answered_;
      entries_.pop_front();
      sending_ = true;
    }
    if (answer) Send(*std::move(answer));
    absl::MutexLock lock(&mutex_);
    sending_ = false;
  }
  absl::Status outcome;
  {
    absl::MutexLock lock(&mutex_);
    outcome = failure_;
  }
  End(ToGrpcStatus(outcome, context_));
}

bool ScoreStreamCall::Exhausted() const {
  // A request that is still being read is of no interest after a failure.
  const size_t open = entries_.size() - (reading_ ? 1 : 0);
  return open == 0 && (input_ended_ || !failure_.ok());
}

}  // namespace advae
