#ifndef ADVAE_SERVER_IDENTITY_JWT_VERIFIER_H_
#define ADVAE_SERVER_IDENTITY_JWT_VERIFIER_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/identity/jwt_claims.h"
#include "server/identity/jwt_keys.h"

namespace advae {

// Whether a bearer token has the form of a JSON Web Token: three parts with dots between them.
bool IsJwt(std::string_view token);

// Checks JSON Web Tokens: RFC 7519, signed as RFC 7515 has it, in the compact form, as RFC 8725
// advises. Thread-safe.
class JwtVerifier {
 public:
  static constexpr size_t kMaxTokenBytes = 8192;
  // Good tokens that are remembered, so that they are not checked with each call.
  static constexpr size_t kMaxRemembered = 4096;

  // Takes no token before SetKeys.
  explicit JwtVerifier(JwtRequirements requirements);
  ~JwtVerifier();

  // From now on, tokens are signed with one of these keys. Forgets the tokens found good by others.
  void SetKeys(std::vector<JwtKey> keys) ABSL_LOCKS_EXCLUDED(mutex_);

  // The subject of a token that is good at `now`: signed by a key that fits its algorithm (JwtKey)
  // and has its "kid", if it has one, with claims as CheckClaims wants them. A header with "crit"
  // or with a "typ" of other than access tokens is not taken. kUnauthenticated otherwise; the
  // message has no text of the token.
  absl::StatusOr<std::string> SubjectOf(std::string_view token, absl::Time now) const
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct KeySet;  // and the tokens found good by it

  std::shared_ptr<KeySet> key_set() const ABSL_LOCKS_EXCLUDED(mutex_);

  const JwtRequirements requirements_;
  mutable absl::Mutex mutex_;
  std::shared_ptr<KeySet> key_set_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace advae

#endif  // ADVAE_SERVER_IDENTITY_JWT_VERIFIER_H_
