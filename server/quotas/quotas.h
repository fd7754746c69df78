#ifndef ADVAE_SERVER_QUOTAS_QUOTAS_H_
#define ADVAE_SERVER_QUOTAS_QUOTAS_H_

#include <prometheus/counter.h>
#include <prometheus/family.h>

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "server/quotas/quota.h"
#include "server/quotas/tenant.h"

namespace advae {

// The quotas of a server and who uses what of them. Thread-safe.
class Quotas {
 public:
  // `refused` counts refusals by the labels "quota", as NameOf has it, and "identity": a name in
  // the file of quotas, "*" for all that it does not name. It outlives this and all tenants.
  explicit Quotas(prometheus::Family<prometheus::Counter>& refused) : refused_(refused) {}

  // From now on these count, also for calls that are open. Their names differ.
  void Set(const std::vector<NamedQuota>& quotas) ABSL_LOCKS_EXCLUDED(mutex_);

  // The tenant of this name, which is made when it first calls.
  std::shared_ptr<Tenant> TenantOf(const std::string& name) ABSL_LOCKS_EXCLUDED(mutex_);

  // Keeps what `call`, a gRPC call's context, holds until EndCall, which comes before its status is
  // sent: a client that makes its calls one after the other has one open at a time.
  void BeginCall(const void* call, QuotaHold hold) ABSL_LOCKS_EXCLUDED(calls_mutex_);
  // Does nothing for a call that was not begun or has ended.
  void EndCall(const void* call) ABSL_LOCKS_EXCLUDED(calls_mutex_);

 private:
  // More tenants are kept only while they use something.
  static constexpr size_t kMaxIdle = 1024;

  std::shared_ptr<const QuotaRule> RuleOf(const std::string& name) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetIdle() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  prometheus::Family<prometheus::Counter>& refused_;
  absl::Mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<const QuotaRule>> rules_ ABSL_GUARDED_BY(mutex_);
  // Of those that have no rule of their own.
  std::shared_ptr<const QuotaRule> others_ ABSL_GUARDED_BY(mutex_) = std::make_shared<QuotaRule>();
  std::unordered_map<std::string, std::shared_ptr<Tenant>> tenants_ ABSL_GUARDED_BY(mutex_);
  size_t forget_at_ ABSL_GUARDED_BY(mutex_) = kMaxIdle;  // tenants

  absl::Mutex calls_mutex_;
  std::unordered_map<const void*, QuotaHold> calls_ ABSL_GUARDED_BY(calls_mutex_);
};

}  // namespace advae

#endif  // ADVAE_SERVER_QUOTAS_QUOTAS_H_
