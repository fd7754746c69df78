#include "server/identity/jwt_claims.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/access/grant.h"
#include "model/access/strict_json.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kMaxSeconds = 253'402'300'799;  // the end of the year 9999

// A point of time, if the token has it. kUnauthenticated when it is none.
absl::StatusOr<std::optional<absl::Time>> TimeOf(const Json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end()) return std::nullopt;
  const double seconds = found->is_number() ? found->get<double>() : -1;
  if (!(seconds >= 0 && seconds <= kMaxSeconds)) {
    return absl::UnauthenticatedError(absl::StrCat("the token has a time (", name,
                                                   ") that is none; expected seconds since 1970"));
  }
  return absl::UnixEpoch() + absl::Seconds(seconds);
}

bool IsFor(const std::string& audience, const Json& claims) {
  const auto found = claims.find("aud");
  if (found == claims.end()) return false;
  if (!found->is_array()) return *found == audience;
  return std::ranges::any_of(*found, [&](const Json& one) { return one == audience; });
}

absl::StatusOr<std::string> SubjectIn(const Json& claims) {
  const auto found = claims.contains("sub") ? claims.find("sub") : claims.find("client_id");
  if (found == claims.end()) {
    return absl::UnauthenticatedError("the token names no subject (sub or client_id)");
  }
  if (!found->is_string() || !IsSubject(found->get_ref<const std::string&>())) {
    return absl::UnauthenticatedError(
        "the token has a subject (sub or client_id) that no grant can have");
  }
  return found->get<std::string>();
}

// Returns when the token expires.
absl::StatusOr<absl::Time> CheckTimes(const Json& claims, absl::Time now) {
  ADVAE_ASSIGN_OR_RETURN(const std::optional<absl::Time> expires, TimeOf(claims, "exp"));
  ADVAE_ASSIGN_OR_RETURN(const std::optional<absl::Time> begins, TimeOf(claims, "nbf"));
  ADVAE_ASSIGN_OR_RETURN(const std::optional<absl::Time> issued, TimeOf(claims, "iat"));
  if (!expires) return absl::UnauthenticatedError("the token never expires (exp)");
  if (now >= *expires + kJwtLeeway) return absl::UnauthenticatedError("the token has expired");
  if (begins && now < *begins - kJwtLeeway) {
    return absl::UnauthenticatedError("the token is not valid yet (nbf)");
  }
  if (issued && now < *issued - kJwtLeeway) {
    return absl::UnauthenticatedError("the token was issued in the future (iat)");
  }
  return *expires;
}

}  // namespace

absl::StatusOr<JwtIdentity> CheckClaims(const std::string& claims,
                                        const JwtRequirements& requirements, absl::Time now) {
  const absl::StatusOr<Json> parsed = ParseStrictJson(claims);
  if (!parsed.ok() || !parsed->is_object()) {
    return absl::UnauthenticatedError("the token's claims are no JSON object");
  }
  const Json& json = *parsed;
  if (const auto issuer = json.find("iss");
      issuer == json.end() || *issuer != requirements.issuer) {
    return absl::UnauthenticatedError("the token is of another issuer (iss)");
  }
  if (!IsFor(requirements.audience, json)) {
    return absl::UnauthenticatedError("the token is for another audience (aud)");
  }
  ADVAE_ASSIGN_OR_RETURN(const absl::Time expires, CheckTimes(json, now));
  if (json.contains("cnf")) {
    return absl::UnauthenticatedError(
        "the token is bound to a key of its holder (cnf), which this server does not ask for");
  }
  ADVAE_ASSIGN_OR_RETURN(std::string subject, SubjectIn(json));
  return JwtIdentity{.subject = std::move(subject), .expires = expires};
}

}  // namespace advae
