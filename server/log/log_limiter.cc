#include "server/log/log_limiter.h"

#include <utility>

namespace advae {

std::optional<uint64_t> LogLimiter::Admit(const std::string& kind, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  Second& second = by_kind_[kind];
  if (now - second.start >= absl::Seconds(1)) {
    second.start = now;
    second.lines = 0;
  }
  if (second.lines == lines_per_second_) {
    ++second.held_back;
    return std::nullopt;
  }
  ++second.lines;
  return std::exchange(second.held_back, 0);
}

}  // namespace advae
