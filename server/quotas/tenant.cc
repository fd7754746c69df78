#include "server/quotas/tenant.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "server/base/quota_violation.h"
#include "server/base/retry_hint.h"

namespace advae {
namespace {

// How soon one of those in use may well have ended.
absl::Duration RetryAfter(QuotaKind kind) {
  switch (kind) {
    case QuotaKind::kCalls:
      return absl::Milliseconds(100);
    case QuotaKind::kTrainings:
      return absl::Seconds(10);
    default:
      return absl::Seconds(1);
  }
}

const char* InUse(QuotaKind kind) {
  switch (kind) {
    case QuotaKind::kCalls:
      return " open calls";
    case QuotaKind::kStreams:
      return " open streams";
    default:
      return " trainings and imports";
  }
}

absl::Duration TimeOf(size_t rows, uint64_t rows_per_second) {
  return absl::Seconds(static_cast<double>(rows) / static_cast<double>(rows_per_second));
}

}  // namespace

const char* NameOf(QuotaKind kind) {
  switch (kind) {
    case QuotaKind::kRowsPerSecond:
      return "rows_per_second";
    case QuotaKind::kCalls:
      return "calls";
    case QuotaKind::kStreams:
      return "streams";
    case QuotaKind::kTrainings:
      return "trainings";
  }
  return "";
}

QuotaHold::~QuotaHold() {
  if (tenant_ != nullptr) tenant_->Return(kinds_);
}

uint64_t Tenant::weight() const {
  absl::MutexLock lock(&mutex_);
  return rule_->quota.weight;
}

void Tenant::Follow(std::shared_ptr<const QuotaRule> rule) {
  absl::MutexLock lock(&mutex_);
  const auto rate = [](const QuotaRule& of) { return of.quota.limit(QuotaKind::kRowsPerSecond); };
  if (rate(*rule) != rate(*rule_)) full_at_ = absl::InfinitePast();
  rule_ = std::move(rule);
}

absl::StatusOr<QuotaHold> Tenant::Take(std::initializer_list<QuotaKind> kinds) {
  absl::MutexLock lock(&mutex_);
  QuotaHold::Kinds taken;
  for (const QuotaKind kind : kinds) {
    const auto index = static_cast<size_t>(kind);
    const std::optional<uint64_t>& limit = rule_->quota.limit(kind);
    if (limit && in_use_[index] >= *limit) return Refusal(kind, RetryAfter(kind));
    taken.set(index);
  }
  for (size_t i = 0; i < taken.size(); ++i) in_use_[i] += taken[i] ? 1 : 0;
  return QuotaHold(shared_from_this(), taken);
}

void Tenant::Return(QuotaHold::Kinds kinds) {
  absl::MutexLock lock(&mutex_);
  for (size_t i = 0; i < kinds.size(); ++i) in_use_[i] -= kinds[i] ? 1 : 0;
}

absl::Status Tenant::TakeRows(size_t rows, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  const std::optional<uint64_t>& rate = rule_->quota.limit(QuotaKind::kRowsPerSecond);
  if (!rate) return absl::OkStatus();
  full_at_ = std::max(full_at_, now);
  const absl::Duration behind = full_at_ - now - kBurst;
  if (behind >= absl::ZeroDuration()) {
    // Hints are in whole milliseconds.
    return Refusal(QuotaKind::kRowsPerSecond, behind + absl::Milliseconds(1));
  }
  full_at_ += TimeOf(rows, *rate);
  return absl::OkStatus();
}

void Tenant::ReturnRows(size_t rows) {
  absl::MutexLock lock(&mutex_);
  const std::optional<uint64_t>& rate = rule_->quota.limit(QuotaKind::kRowsPerSecond);
  if (rate) full_at_ -= TimeOf(rows, *rate);
}

bool Tenant::IsIdle(absl::Time now) const {
  absl::MutexLock lock(&mutex_);
  return full_at_ <= now && std::ranges::all_of(in_use_, [](uint64_t used) { return used == 0; });
}

absl::Status Tenant::Refusal(QuotaKind kind, absl::Duration retry_after) const {
  const auto index = static_cast<size_t>(kind);
  if (rule_->refused[index] != nullptr) rule_->refused[index]->Increment();
  const uint64_t limit = rule_->quota.limit(kind).value_or(0);
  const std::string use =
      kind == QuotaKind::kRowsPerSecond
          ? absl::StrCat("\" has sent more rows than its quota ", NameOf(kind), " of ", limit)
          : absl::StrCat("\" has ", in_use_[index], InUse(kind), ", and its quota ", NameOf(kind),
                         " is ", limit);
  return WithQuotaViolation(
      WithRetryHint(absl::ResourceExhaustedError(absl::StrCat("\"", name_, use, "; retry later")),
                    retry_after),
      {.identity = name_, .quota = NameOf(kind)});
}

}  // namespace advae
