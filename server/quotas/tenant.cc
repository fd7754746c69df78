#include "server/quotas/tenant.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"
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
    case QuotaKind::kVersions:
      return "versions";
    case QuotaKind::kBytes:
      return "bytes";
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
  return TakeLocked(kinds);
}

absl::StatusOr<QuotaHold> Tenant::TakeTraining(const std::function<StoredUse()>& stored) {
  absl::MutexLock lock(&mutex_);
  ADVAE_RETURN_IF_ERROR(CheckStored(stored()));
  return TakeLocked({QuotaKind::kTrainings});
}

absl::StatusOr<QuotaHold> Tenant::TakeLocked(std::initializer_list<QuotaKind> kinds) {
  QuotaHold::Kinds taken;
  for (const QuotaKind kind : kinds) {
    const auto index = static_cast<size_t>(kind);
    const std::optional<uint64_t>& limit = rule_->quota.limit(kind);
    if (limit && in_use_[index] >= *limit) {
      return WithRetryHint(
          Refusal(kind, absl::StrCat("has ", in_use_[index], InUse(kind), ", and its quota ",
                                     NameOf(kind), " is ", *limit, "; retry later")),
          RetryAfter(kind));
    }
    taken.set(index);
  }
  for (size_t i = 0; i < taken.size(); ++i) in_use_[i] += taken[i] ? 1 : 0;
  return QuotaHold(shared_from_this(), taken);
}

absl::Status Tenant::CheckStored(const StoredUse& stored) const {
  constexpr char kAdvice[] = "; delete versions that are not needed";
  const std::optional<uint64_t>& versions = rule_->quota.limit(QuotaKind::kVersions);
  const uint64_t running = in_use_[static_cast<size_t>(QuotaKind::kTrainings)];
  if (versions && stored.versions + running >= *versions) {
    const std::string in_the_making =
        running == 0 ? "" : absl::StrCat(" and ", running, " in the making");
    return Refusal(QuotaKind::kVersions,
                   absl::StrCat("has ", stored.versions, " stored versions", in_the_making,
                                ", and its quota versions is ", *versions, kAdvice));
  }
  const std::optional<uint64_t>& bytes = rule_->quota.limit(QuotaKind::kBytes);
  if (bytes && stored.bytes >= *bytes) {
    return Refusal(QuotaKind::kBytes,
                   absl::StrCat("has ", stored.bytes, " bytes of stored versions, and its quota ",
                                "bytes is ", *bytes, kAdvice));
  }
  return absl::OkStatus();
}

void Tenant::Return(QuotaHold::Kinds kinds) {
  absl::MutexLock lock(&mutex_);
  for (size_t i = 0; i < kinds.size(); ++i) in_use_[i] -= kinds[i] ? 1 : 0;
}

absl::Status Tenant::CheckRows(absl::Time now) const {
  absl::MutexLock lock(&mutex_);
  return CheckRowsLocked(now);
}

absl::Status Tenant::CheckRowsLocked(absl::Time now) const {
  const std::optional<uint64_t>& rate = rule_->quota.limit(QuotaKind::kRowsPerSecond);
  if (!rate) return absl::OkStatus();
  const absl::Duration behind = full_at_ - now - kBurst;
  if (behind < absl::ZeroDuration()) return absl::OkStatus();
  // Hints are in whole milliseconds.
  return WithRetryHint(Refusal(QuotaKind::kRowsPerSecond,
                               absl::StrCat("has sent more rows than its quota rows_per_second of ",
                                            *rate, "; retry later")),
                       behind + absl::Milliseconds(1));
}

absl::Status Tenant::TakeRows(size_t rows, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  ADVAE_RETURN_IF_ERROR(CheckRowsLocked(now));
  const std::optional<uint64_t>& rate = rule_->quota.limit(QuotaKind::kRowsPerSecond);
  if (rate) full_at_ = std::max(full_at_, now) + TimeOf(rows, *rate);
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

absl::Status Tenant::Refusal(QuotaKind kind, const std::string& reason) const {
  prometheus::Counter* const refused = rule_->refused[static_cast<size_t>(kind)];
  if (refused != nullptr) refused->Increment();
  return WithQuotaViolation(absl::ResourceExhaustedError(absl::StrCat("\"", name_, "\" ", reason)),
                            {.identity = name_, .quota = NameOf(kind)});
}

}  // namespace advae
