#ifndef ADVAE_SERVER_MESSAGES_MEMORY_BUDGET_H_
#define ADVAE_SERVER_MESSAGES_MEMORY_BUDGET_H_

#include <atomic>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"

namespace advae {

// Memory that many share and that each asks for before it is spent. Thread-safe.
class MemoryBudget {
 public:
  // Requests of up to so many bytes may also have the last eighth, so that a few large ones do not
  // keep all others out.
  static constexpr uint64_t kSmallBytes = 64 << 10;

  explicit MemoryBudget(uint64_t limit) : limit_(limit) {}

  // Of what all may hold together, the part that a request of `bytes` may add to.
  uint64_t LimitFor(uint64_t bytes) const {
    return bytes <= kSmallBytes ? limit_ : limit_ - limit_ / 8;
  }
  // False when the budget does not have `bytes` any more.
  bool Take(uint64_t bytes) {
    if (held_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= LimitFor(bytes)) return true;
    Return(bytes);
    return false;
  }
  void Return(uint64_t bytes) { held_.fetch_sub(bytes, std::memory_order_relaxed); }

  uint64_t held() const { return held_.load(std::memory_order_relaxed); }
  uint64_t limit() const { return limit_; }

 private:
  const uint64_t limit_;
  std::atomic<uint64_t> held_ = 0;
};

// A share of a budget, which it gives back at the end of its life. Not thread-safe.
class MemoryLease {
 public:
  // `budget` outlives the lease.
  explicit MemoryLease(MemoryBudget& budget) : budget_(&budget) {}
  MemoryLease(MemoryLease&& other) noexcept
      : budget_(other.budget_), held_(std::exchange(other.held_, 0)) {}
  MemoryLease& operator=(MemoryLease&& other) noexcept {
    std::swap(budget_, other.budget_);
    std::swap(held_, other.held_);
    return *this;
  }
  ~MemoryLease() { Release(); }

  // Takes `bytes` more. kResourceExhausted when the budget does not have them, with a retry hint
  // unless this lease alone would be more than the budget.
  absl::Status Grow(uint64_t bytes);
  void Release() {
    if (held_ > 0) budget_->Return(std::exchange(held_, 0));
  }

  uint64_t held() const { return held_; }

 private:
  MemoryBudget* budget_;
  uint64_t held_ = 0;
};

}  // namespace advae

#endif  // ADVAE_SERVER_MESSAGES_MEMORY_BUDGET_H_
