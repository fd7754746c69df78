#ifndef ADVAE_SERVER_IDENTITY_JWT_CLAIMS_H_
#define ADVAE_SERVER_IDENTITY_JWT_CLAIMS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace advae {

// Whose JSON Web Tokens a server takes.
struct JwtRequirements {
  // "iss" must be this.
  std::string issuer;
  // "aud" must be this or have it in its list: a token for another service does not open this one.
  std::string audience;
};

// Who shows a token, and until when it counts.
struct JwtIdentity {
  std::string subject;
  absl::Time expires;
};

// By how much the clocks of issuer and server may differ.
inline constexpr absl::Duration kJwtLeeway = absl::Seconds(60);

// Checks what a token claims (RFC 7519, section 4), whose signature was checked: "iss" and "aud";
// that it has "exp", which may be past by kJwtLeeway; that "nbf" and "iat", if it has them, are
// ahead by no more than that. The subject is "sub" or, in a token without it, "client_id"
// (IsSubject). A token that is bound to a key of its holder ("cnf") is not taken, as nobody asks
// for the key. kUnauthenticated otherwise; the message has no text of the token.
absl::StatusOr<JwtIdentity> CheckClaims(const std::string& claims,
                                        const JwtRequirements& requirements, absl::Time now);

}  // namespace advae

#endif  // ADVAE_SERVER_IDENTITY_JWT_CLAIMS_H_
