#ifndef ADVAE_SERVER_QUOTAS_TENANT_H_
#define ADVAE_SERVER_QUOTAS_TENANT_H_

#include <prometheus/counter.h>

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/stored_use.h"
#include "server/quotas/quota.h"

namespace advae {

class Tenant;

// What is in use of a tenant's quotas: one of each kind that was taken. Given back at the end of
// its life.
class QuotaHold {
 public:
  using Kinds = std::bitset<kQuotaKinds.size()>;

  // Of nothing.
  QuotaHold() = default;
  QuotaHold(std::shared_ptr<Tenant> tenant, Kinds kinds)
      : tenant_(std::move(tenant)), kinds_(kinds) {}
  QuotaHold(QuotaHold&& other) noexcept = default;
  QuotaHold& operator=(QuotaHold&& other) noexcept {
    std::swap(tenant_, other.tenant_);
    std::swap(kinds_, other.kinds_);
    return *this;
  }
  ~QuotaHold();

 private:
  std::shared_ptr<Tenant> tenant_;
  Kinds kinds_;
};

// A quota and what counts its refusals, by kind. Counters outlive it.
struct QuotaRule {
  Quota quota = {};
  std::array<prometheus::Counter*, kQuotaKinds.size()> refused = {};  // null: not counted
};

// An identity and what it uses of its quota. Thread-safe. Times are steady.
//
// Rows are let in as long as the identity is not behind: it may be ahead by what a second allows,
// and a request that is let in may bring it behind by any number of rows, so that none is too large
// to pass.
class Tenant : public std::enable_shared_from_this<Tenant> {
 public:
  static constexpr absl::Duration kBurst = absl::Seconds(1);

  Tenant(std::string name, std::shared_ptr<const QuotaRule> rule)
      : name_(std::move(name)), rule_(std::move(rule)) {}

  const std::string& name() const { return name_; }
  uint64_t weight() const ABSL_LOCKS_EXCLUDED(mutex_);

  // From now on the rule counts. What is in use stays so, be it more than the rule allows; another
  // rate of rows begins with a full second.
  void Follow(std::shared_ptr<const QuotaRule> rule) ABSL_LOCKS_EXCLUDED(mutex_);

  // Takes one of each kind, which are kCalls, kStreams or kTrainings. kResourceExhausted, with a
  // retry hint and a QuotaViolation, when as many are in use as the quota allows; then none is
  // taken.
  absl::StatusOr<QuotaHold> Take(std::initializer_list<QuotaKind> kinds)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Takes one of kTrainings. `stored`, called while none is taken or given back, tells the versions
  // of this identity, and each training in use counts as one more. kResourceExhausted as above;
  // without a retry hint when there is no room for another version, or as many bytes are stored as
  // the quota allows.
  absl::StatusOr<QuotaHold> TakeTraining(const std::function<StoredUse()>& stored)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Whether rows would be taken now, without taking any. Errors as of TakeRows.
  absl::Status CheckRows(absl::Time now) const ABSL_LOCKS_EXCLUDED(mutex_);
  // Takes rows that are to be scored. kResourceExhausted as above when the identity is behind.
  absl::Status TakeRows(size_t rows, absl::Time now) ABSL_LOCKS_EXCLUDED(mutex_);
  // Of rows that were taken, and will not be scored.
  void ReturnRows(size_t rows) ABSL_LOCKS_EXCLUDED(mutex_);

  // Whether a new tenant would be in the same state.
  bool IsIdle(absl::Time now) const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  friend class QuotaHold;

  absl::StatusOr<QuotaHold> TakeLocked(std::initializer_list<QuotaKind> kinds)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckRowsLocked(absl::Time now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckStored(const StoredUse& stored) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // A refusal that is counted; `reason` follows the name.
  absl::Status Refusal(QuotaKind kind, const std::string& reason) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Return(QuotaHold::Kinds kinds) ABSL_LOCKS_EXCLUDED(mutex_);

  const std::string name_;
  mutable absl::Mutex mutex_;
  std::shared_ptr<const QuotaRule> rule_ ABSL_GUARDED_BY(mutex_);
  std::array<uint64_t, kQuotaKinds.size()> in_use_ ABSL_GUARDED_BY(mutex_) = {};
  // When the identity is ahead by a whole burst again, if no rows come until then.
  absl::Time full_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace advae

#endif  // ADVAE_SERVER_QUOTAS_TENANT_H_
