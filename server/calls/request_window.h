#ifndef ADVAE_SERVER_CALLS_REQUEST_WINDOW_H_
#define ADVAE_SERVER_CALLS_REQUEST_WINDOW_H_

#include <cstddef>
#include <list>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace advae {

// The requests of a stream that are read and not answered, in their order: a few that are worked
// on, and perhaps one that is being read. `Entry` is a request with all that belongs to it; it
// stays where it is. Thread-safe.
template <typename Entry>
class RequestWindow {
 public:
  // Requests that are read and not sent an answer, at most.
  static constexpr size_t kMaxOpen = 4;

  // Room for the request that is read next, made of the arguments, beside `unsent` answers. Null
  // when there is none, when one is being read already, and after the last request or a failure.
  template <typename... Arguments>
  Entry* BeginRead(size_t unsent, Arguments&&... arguments) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    if (reading_ || input_ended_ || !failure_.ok()) return nullptr;
    if (entries_.size() + unsent >= kMaxOpen) return nullptr;
    reading_ = true;
    return &entries_.emplace_back(std::forward<Arguments>(arguments)...).entry;
  }

  // What was being read has come; null when it has not, as the last request was before it.
  Entry* EndRead(bool has_come) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    reading_ = false;
    if (has_come) return &entries_.back().entry;
    input_ended_ = true;
    entries_.pop_back();
    return nullptr;
  }

  // The request can be answered.
  void SetDone(const Entry& entry) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    for (Place& place : entries_) {
      if (&place.entry == &entry) place.done = true;
    }
  }

  // Calls answer(entry, index) for the requests that can be answered, in their order, unless
  // another thread does. True when no request is open and none will come.
  template <typename Answer>
  bool AnswerDone(const Answer& answer) ABSL_LOCKS_EXCLUDED(mutex_) {
    for (;;) {
      std::list<Place> first;
      size_t index = 0;
      bool has_failed = false;
      {
        absl::MutexLock lock(&mutex_);
        // Whoever is answering will see what this thread came to answer.
        if (answering_) return false;
        if (IsOver()) return true;
        if (entries_.empty() || !entries_.front().done) return false;
        first.splice(first.end(), entries_, entries_.begin());
        index = answered_++;
        has_failed = !failure_.ok();
        answering_ = true;
      }
      if (!has_failed) answer(first.front().entry, index);
      absl::MutexLock lock(&mutex_);
      answering_ = false;
    }
  }

  // From now on, no request is read or answered.
  void Fail(const absl::Status& failure) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    failure_.Update(failure);
  }

  // How many requests have been answered or failed.
  size_t answered() const ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return answered_;
  }

  // Takes no more requests if none is open and `answered` are answered; whether that is so.
  bool EndIfIdle(size_t answered) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    idle_ = Open() == 0 && answered_ == answered;
    return idle_;
  }

  // How the stream has ended once AnswerDone was true: the failure, or kUnavailable after
  // EndIfIdle.
  absl::Status Outcome() const ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    if (failure_.ok() && !input_ended_) return absl::UnavailableError("the server is stopping");
    return failure_;
  }

 private:
  struct Place {
    template <typename... Arguments>
    explicit Place(Arguments&&... arguments) : entry(std::forward<Arguments>(arguments)...) {}

    Entry entry;
    bool done = false;
  };

  size_t Open() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return entries_.size() - (reading_ ? 1 : 0);
  }
  bool IsOver() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    // A request that is still being read is of no interest after a failure.
    return Open() == 0 && (input_ended_ || idle_ || !failure_.ok());
  }

  mutable absl::Mutex mutex_;
  std::list<Place> entries_ ABSL_GUARDED_BY(mutex_);  // the one that is being read last
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool input_ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool answering_ ABSL_GUARDED_BY(mutex_) = false;
  bool idle_ ABSL_GUARDED_BY(mutex_) = false;
  size_t answered_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace advae

#endif  // ADVAE_SERVER_CALLS_REQUEST_WINDOW_H_
