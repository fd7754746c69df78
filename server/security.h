#ifndef ADVAE_SERVER_SECURITY_H_
#define ADVAE_SERVER_SECURITY_H_

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "server/base/file_watch.h"
#include "server/identity/access_control.h"
#include "server/identity/jwt_verifier.h"
#include "server/quotas/quotas.h"
#include "server/server_config.h"
#include "server/transport/tls_keys.h"

namespace advae {

// The certificate, the grants, the keys of JSON Web Tokens and the quotas of a server, kept equal
// to their files. What a file no longer has counts within a second; a file that cannot be read
// leaves what was there, and a line in the log, and is tried again each second.
class Security {
 public:
  // `certificate_expiry`, in seconds since the epoch, is set with each certificate; for
  // `quota_refusals` see Quotas. Both outlive this.
  Security(const SecurityConfig& config, prometheus::Gauge& certificate_expiry,
           prometheus::Family<prometheus::Counter>& quota_refusals);

  // Reads the files and watches them from then on. Call once, before anybody connects. Errors as of
  // ReadTlsKeys, ReadTokenFile, ReadJwtKeys and ReadQuotaFile.
  absl::Status Load();

  // Lets nobody in before Load, if it asks for grants.
  const AccessControl& access() const { return access_; }
  // Null without TLS, and before Load.
  const TlsKeySource* tls_keys() const { return tls_keys_.get(); }

 private:
  // Loads the files, and does it again whenever they change. `failure` is for the log when that
  // does not succeed.
  absl::Status LoadAndWatch(std::vector<std::filesystem::path> files,
                            absl::Status (Security::*load)(), const char* failure,
                            std::optional<FileWatch>& watch);
  absl::Status LoadGrants();
  absl::Status LoadJwtKeys();
  absl::Status LoadQuotas();
  absl::Status LoadKeys();

  const SecurityConfig config_;
  prometheus::Gauge& certificate_expiry_;
  Quotas quotas_;
  JwtVerifier jwt_;
  AccessControl access_;
  std::unique_ptr<TlsKeySource> tls_keys_;
  // Last: they use the others.
  std::optional<FileWatch> key_watch_;
  std::optional<FileWatch> token_watch_;
  std::optional<FileWatch> jwt_watch_;
  std::optional<FileWatch> quota_watch_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_SECURITY_H_
