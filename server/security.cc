#include "server/security.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "model/access/token_file.h"
#include "model/base/status_macros.h"
#include "server/identity/jwt_keys.h"
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
      jwt_(config.jwt),
      access_({.asks_for_grants = !config.tokens.empty(),
               .open_health = config.open_health,
               .jwt = config.jwt_keys.empty() ? nullptr : &jwt_,
               .quotas = config.quotas.empty() ? nullptr : &quotas_}) {
  // There before the first refusal, and where there is none to come.
  for (const QuotaKind kind : kQuotaKinds) {
    quota_refusals.Add({{"identity", NamedQuota::kOthers}, {"quota", NameOf(kind)}});
  }
}

absl::Status Security::Load() {
  if (const TlsFiles& files = config_.tls; files.enabled()) {
    ADVAE_RETURN_IF_ERROR(
        LoadAndWatch({files.cert, files.key, files.client_ca}, &Security::LoadKeys,
                     "certificate not read; that from before stays in use", key_watch_));
  }
  if (!config_.tokens.empty()) {
    ADVAE_RETURN_IF_ERROR(LoadAndWatch({config_.tokens}, &Security::LoadGrants,
                                       "tokens not read; those from before stay in force",
                                       token_watch_));
  }
  if (!config_.jwt_keys.empty()) {
    ADVAE_RETURN_IF_ERROR(LoadAndWatch({config_.jwt_keys}, &Security::LoadJwtKeys,
                                       "JWT keys not read; those from before stay in force",
                                       jwt_watch_));
  }
  if (config_.quotas.empty()) return absl::OkStatus();
  return LoadAndWatch({config_.quotas}, &Security::LoadQuotas,
                      "quotas not read; those from before stay in force", quota_watch_);
}

absl::Status Security::LoadAndWatch(std::vector<std::filesystem::path> files,
                                    absl::Status (Security::*load)(), const char* failure,
                                    std::optional<FileWatch>& watch) {
  // Before they are read: what changes meanwhile is seen.
  watch.emplace(std::move(files));
  ADVAE_RETURN_IF_ERROR((this->*load)());
  watch->Start(kWatchInterval, [this, load, failure, told = std::string()]() mutable {
    const absl::Status status = (this->*load)();
    std::string reason = status.ok() ? "" : status.ToString();
    if (reason != told && !status.ok()) Log(LogLevel::kError, failure, {{"reason", reason}});
    told = std::move(reason);
    return status.ok();
  });
  return absl::OkStatus();
}

absl::Status Security::LoadGrants() {
  ADVAE_ASSIGN_OR_RETURN(std::vector<Grant> grants, ReadTokenFile(config_.tokens));
  Log(LogLevel::kInfo, "tokens read", {{"grants", grants.size()}});
  access_.SetGrants(std::move(grants));
  return absl::OkStatus();
}

absl::Status Security::LoadJwtKeys() {
  ADVAE_ASSIGN_OR_RETURN(std::vector<JwtKey> keys, ReadJwtKeys(config_.jwt_keys));
  Log(keys.empty() ? LogLevel::kWarning : LogLevel::kInfo,
      keys.empty() ? "no JWT key that is of use" : "JWT keys read", {{"keys", keys.size()}});
  jwt_.SetKeys(std::move(keys));
  return absl::OkStatus();
}

absl::Status Security::LoadQuotas() {
  ADVAE_ASSIGN_OR_RETURN(const std::vector<NamedQuota> quotas, ReadQuotaFile(config_.quotas));
  quotas_.Set(quotas);
  Log(LogLevel::kInfo, "quotas read", {{"quotas", quotas.size()}});
  return absl::OkStatus();
}

absl::Status Security::LoadKeys() {
  if (tls_keys_ == nullptr) {
    ADVAE_ASSIGN_OR_RETURN(tls_keys_, TlsKeySource::Open(config_.tls));
  } else {
    ADVAE_RETURN_IF_ERROR(tls_keys_->Reload());
  }
  const absl::Time expires = tls_keys_->keys()->expires;
  certificate_expiry_.Set(static_cast<double>(absl::ToUnixSeconds(expires)));
  const bool is_valid = expires > absl::Now();  // certificates are by the wall clock
  Log(is_valid ? LogLevel::kInfo : LogLevel::kError,
      is_valid ? "certificate read" : "the certificate has expired",
      {{"expires", absl::FormatTime(absl::RFC3339_sec, expires, absl::UTCTimeZone())}});
  return absl::OkStatus();
}

}  // namespace advae
