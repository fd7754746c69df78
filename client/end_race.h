#ifndef ADVAE_CLIENT_END_RACE_H_
#define ADVAE_CLIENT_END_RACE_H_

#include <atomic>
#include <functional>
#include <utility>

namespace advae {

// Called, from any thread, when a streaming call has ended before its rows: a source that waits for
// input then has to give up, with any error.
using CallEnded = std::function<void()>;

// What ends first, a streaming call or its rows. Thread-safe.
class EndRace {
 public:
  // `call_ended` may be null.
  explicit EndRace(CallEnded call_ended) : call_ended_(std::move(call_ended)) {}

  // The rows have ended, or failed. False when the call had ended: its status says why.
  bool RowsEnd() { return IsFirst(First::kRows); }
  // The call has ended. Calls `call_ended` unless the rows had ended.
  void CallEnds() {
    if (IsFirst(First::kCall) && call_ended_ != nullptr) call_ended_();
  }

 private:
  enum class First { kNone, kRows, kCall };

  bool IsFirst(First end) {
    First none = First::kNone;
    return first_.compare_exchange_strong(none, end);
  }

  CallEnded call_ended_;
  std::atomic<First> first_ = First::kNone;
};

}  // namespace advae

#endif  // ADVAE_CLIENT_END_RACE_H_
