#include "server/quotas/quotas.h"

#include <algorithm>
#include <utility>

#include "model/base/steady_clock.h"

namespace advae {

void Quotas::Set(const std::vector<NamedQuota>& quotas) {
  absl::MutexLock lock(&mutex_);
  rules_.clear();
  others_ = std::make_shared<QuotaRule>();
  for (const NamedQuota& named : quotas) {
    auto rule = std::make_shared<QuotaRule>(QuotaRule{.quota = named.quota});
    for (const QuotaKind kind : kQuotaKinds) {
      if (!named.quota.limit(kind)) continue;
      rule->refused[static_cast<size_t>(kind)] =
          &refused_.Add({{"identity", named.name}, {"quota", NameOf(kind)}});
    }
    if (named.name == NamedQuota::kOthers) {
      others_ = std::move(rule);
    } else {
      rules_[named.name] = std::move(rule);
    }
  }
  for (const auto& [name, tenant] : tenants_) tenant->Follow(RuleOf(name));
}

std::shared_ptr<Tenant> Quotas::TenantOf(const std::string& name) {
  absl::MutexLock lock(&mutex_);
  const auto found = tenants_.find(name);
  if (found != tenants_.end()) return found->second;
  if (tenants_.size() >= forget_at_) ForgetIdle();
  return tenants_.emplace(name, std::make_shared<Tenant>(name, RuleOf(name))).first->second;
}

void Quotas::ForgetIdle() {
  const absl::Time now = SteadyNow();
  std::erase_if(tenants_, [now](const auto& entry) {
    // Whoever has it besides may be about to take something.
    return entry.second.use_count() == 1 && entry.second->IsIdle(now);
  });
  forget_at_ = std::max(kMaxIdle, 2 * tenants_.size());
}

std::shared_ptr<const QuotaRule> Quotas::RuleOf(const std::string& name) const {
  const auto found = rules_.find(name);
  return found == rules_.end() ? others_ : found->second;
}

void Quotas::BeginCall(const void* call, QuotaHold hold) {
  absl::MutexLock lock(&calls_mutex_);
  calls_[call] = std::move(hold);
}

void Quotas::EndCall(const void* call) {
  QuotaHold hold;  // returned without the lock
  absl::MutexLock lock(&calls_mutex_);
  const auto found = calls_.find(call);
  if (found == calls_.end()) return;
  hold = std::move(found->second);
  calls_.erase(found);
}

}  // namespace advae
