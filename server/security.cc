#include "server/security.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "model/access/token_file.h"
#include "model/base/status_macros.h"
#include "server/log/log.h"
#include "server/quotas/quota_file.h"

namespace advae {
namespace {

constexpr absl::Duration kWatchInterval = absl::Seconds(1);

}  // namespace

Security::Security(const SecurityConfig& config, prometheus::Gauge& certificate_expiry,
                   prometheus::Family<prometheus::Counter>& quota_refusals)
    : config_(config),
      certificate_expiry_(certificate_expiry),
      quotas_(quota_refusals),
      access_({.asks_for_grants = !config.tokens.empty(),
               .open_health = config.open_health,
               .quotas = config.quotas.empty() ? nullptr : &quotas_}) {
  // There before the first refusal, and where there is none to come.
  for (const QuotaKind kind : kQuotaKinds) {
    quota_refusals.Add({{"identity", NamedQuota::kOthers}, {"quota", NameOf(kind)}});
  }
}

absl::Status Security::Load() {
  // Each file is looked at before it is read: what changes meanwhile is seen.
  if (const TlsFiles& files = config_.tls; files.enabled()) {
    key_watch_.emplace(std::vector{files.cert, files.key, files.client_ca});
    ADVAE_ASSIGN_OR_RETURN(tls_keys_, TlsKeySource::Open(files));
    NoteKeys();
    key_watch_->Start(kWatchInterval, [this] { ReloadKeys(); });
  }
  ADVAE_RETURN_IF_ERROR(LoadTokens());
  if (config_.quotas.empty()) return absl::OkStatus();
  quota_watch_.emplace(std::vector{config_.quotas});
  ADVAE_RETURN_IF_ERROR(LoadQuotas());
  quota_watch_->Start(kWatchInterval, [this] { ReloadQuotas(); });
  return absl::OkStatus();
}

absl::Status Security::LoadTokens() {
  if (config_.tokens.empty()) return absl::OkStatus();
  token_watch_.emplace(std::vector{config_.tokens});
  ADVAE_RETURN_IF_ERROR(LoadGrants());
  token_watch_->Start(kWatchInterval, [this] { ReloadGrants(); });
  return absl::OkStatus();
}

absl::Status Security::LoadGrants() {
  ADVAE_ASSIGN_OR_RETURN(std::vector<Grant> grants, ReadTokenFile(config_.tokens));
  Log(LogLevel::kInfo, "tokens read", {{"grants", grants.size()}});
  access_.SetGrants(std::move(grants));
  return absl::OkStatus();
}

void Security::ReloadGrants() {
  const absl::Status status = LoadGrants();
  if (status.ok()) return;
  Log(LogLevel::kError, "tokens not read; those from before stay in force",
      {{"reason", status.ToString()}});
}

absl::Status Security::LoadQuotas() {
  ADVAE_ASSIGN_OR_RETURN(const std::vector<NamedQuota> quotas, ReadQuotaFile(config_.quotas));
  quotas_.Set(quotas);
  Log(LogLevel::kInfo, "quotas read", {{"quotas", quotas.size()}});
  return absl::OkStatus();
}

void Security::ReloadQuotas() {
  const absl::Status status = LoadQuotas();
  if (status.ok()) return;
  Log(LogLevel::kError, "quotas not read; those from before stay in force",
      {{"reason", status.ToString()}});
}

void Security::ReloadKeys() {
  const absl::Status status = tls_keys_->Reload();
  if (status.ok()) return NoteKeys();
  Log(LogLevel::kError, "certificate not read; that from before stays in use",
      {{"reason", status.ToString()}});
}

void Security::NoteKeys() {
  const absl::Time expires = tls_keys_->keys()->expires;
  certificate_expiry_.Set(static_cast<double>(absl::ToUnixSeconds(expires)));
  const bool is_valid = expires > absl::Now();  // certificates are by the wall clock
  Log(is_valid ? LogLevel::kInfo : LogLevel::kError,
      is_valid ? "certificate read" : "the certificate has expired",
      {{"expires", absl::FormatTime(absl::RFC3339_sec, expires, absl::UTCTimeZone())}});
}

}  // namespace advae
