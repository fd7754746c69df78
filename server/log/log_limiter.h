#ifndef ADVAE_SERVER_LOG_LOG_LIMITER_H_
#define ADVAE_SERVER_LOG_LOG_LIMITER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace advae {

// Lets at most so many lines a second through for each kind, so that a flood of failures floods
// neither disk nor reader. Thread-safe.
class LogLimiter {
 public:
  explicit LogLimiter(int lines_per_second) : lines_per_second_(lines_per_second) {}

  // Empty when the line is to be held back; else how many were held back since the last one of this
  // kind. There should be few kinds: they are kept. `now` is a steady time.
  std::optional<uint64_t> Admit(const std::string& kind, absl::Time now);

 private:
  struct Second {
    absl::Time start = absl::InfinitePast();
    int lines = 0;
    uint64_t held_back = 0;
  };

  const int lines_per_second_;
  absl::Mutex mutex_;
  std::map<std::string, Second> by_kind_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace advae

#endif  // ADVAE_SERVER_LOG_LOG_LIMITER_H_
