#include "server/identity/jwt_verifier.h"

#include <cjose/jws.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "model/access/strict_json.h"
#include "model/base/sha256.h"
#include "model/base/status_macros.h"
#include "server/identity/verified_tokens.h"

namespace advae {
namespace {

using Json = nlohmann::ordered_json;
using Jws = std::unique_ptr<cjose_jws_t, decltype(&cjose_jws_release)>;

absl::Status Malformed() { return absl::UnauthenticatedError("the token is malformed"); }

// What of a token tells how to check it.
struct Header {
  const JwtAlgorithm* algorithm = nullptr;
  std::optional<std::string> key_id = {};
};

// A member of the header that is a text, if it is there.
absl::StatusOr<std::optional<std::string>> TextOf(const Json& header, const char* name) {
  const auto found = header.find(name);
  if (found == header.end()) return std::nullopt;
  if (!found->is_string()) return Malformed();
  return found->get<std::string>();
}

bool IsAccessToken(std::string_view type) {
  constexpr std::array<std::string_view, 4> kTypes = {"JWT", "at+jwt", "application/jwt",
                                                      "application/at+jwt"};
  return std::ranges::any_of(kTypes, [type](std::string_view known) {
    return absl::EqualsIgnoreCase({type.data(), type.size()}, {known.data(), known.size()});
  });
}

// The first part of a token.
absl::StatusOr<Header> HeaderOf(std::string_view part) {
  std::string text;
  if (!absl::WebSafeBase64Unescape({part.data(), part.size()}, &text)) return Malformed();
  const absl::StatusOr<Json> header = ParseStrictJson(text);
  if (!header.ok() || !header->is_object()) return Malformed();
  ADVAE_ASSIGN_OR_RETURN(const std::optional<std::string> algorithm, TextOf(*header, "alg"));
  ADVAE_ASSIGN_OR_RETURN(const std::optional<std::string> type, TextOf(*header, "typ"));
  ADVAE_ASSIGN_OR_RETURN(std::optional<std::string> key_id, TextOf(*header, "kid"));
  const JwtAlgorithm* const known = JwtAlgorithmNamed(algorithm.value_or(""));
  if (known == nullptr) {
    return absl::UnauthenticatedError(absl::StrCat(
        "the token is signed by an algorithm (alg) that is not taken; expected one of ",
        JwtAlgorithmNames()));
  }
  if (header->contains("crit")) {
    return absl::UnauthenticatedError("the token needs an extension (crit) that is not known");
  }
  if (type && !IsAccessToken(*type)) {
    return absl::UnauthenticatedError("the token is not for access (typ)");
  }
  return Header{.algorithm = known, .key_id = std::move(key_id)};
}

bool IsBase64Url(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
  });
}

struct Parts {
  std::string_view header;
  std::string_view claims;
  std::string_view signature;
};

// `token` is one (IsJwt).
absl::StatusOr<Parts> PartsOf(std::string_view token) {
  if (token.size() > JwtVerifier::kMaxTokenBytes) {
    return absl::UnauthenticatedError(
        absl::StrCat("the token is longer than ", JwtVerifier::kMaxTokenBytes, " bytes"));
  }
  const size_t first = token.find('.');
  const size_t second = token.rfind('.');
  const Parts parts = {.header = token.substr(0, first),
                       .claims = token.substr(first + 1, second - first - 1),
                       .signature = token.substr(second + 1)};
  for (const std::string_view part : {parts.header, parts.claims, parts.signature}) {
    if (!IsBase64Url(part)) return Malformed();
  }
  return parts;
}

absl::Status CheckSignature(const std::vector<JwtKey>& keys, const Header& header,
                            size_t signature_characters, cjose_jws_t& jws) {
  const JwtAlgorithm& algorithm = *header.algorithm;
  const auto may_have_signed = [&](const JwtKey& key) {
    return key.Fits(algorithm) && (!header.key_id || key.id() == *header.key_id);
  };
  if (std::ranges::none_of(keys, may_have_signed)) {
    return absl::UnauthenticatedError(
        "the token is signed with an unknown key: none has its kid and fits its algorithm");
  }
  const bool has_length =
      algorithm.signature_characters == 0 || algorithm.signature_characters == signature_characters;
  const bool is_signed = has_length && std::ranges::any_of(keys, [&](const JwtKey& key) {
                           return may_have_signed(key) && key.HasSigned(jws);
                         });
  if (is_signed) return absl::OkStatus();
  return absl::UnauthenticatedError("the signature of the token is wrong");
}

// What a token says, once its signature has been checked.
absl::StatusOr<std::string> SignedClaims(std::string_view token, const std::vector<JwtKey>& keys) {
  ADVAE_ASSIGN_OR_RETURN(const Parts parts, PartsOf(token));
  ADVAE_ASSIGN_OR_RETURN(const Header header, HeaderOf(parts.header));
  cjose_err error;
  const Jws jws(cjose_jws_import(token.data(), token.size(), &error), &cjose_jws_release);
  if (jws == nullptr) return Malformed();
  ADVAE_RETURN_IF_ERROR(CheckSignature(keys, header, parts.signature.size(), *jws));
  uint8_t* claims = nullptr;
  size_t size = 0;
  if (!cjose_jws_get_plaintext(jws.get(), &claims, &size, &error)) return Malformed();
  return std::string(reinterpret_cast<const char*>(claims), size);
}

}  // namespace

bool IsJwt(std::string_view token) { return std::ranges::count(token, '.') == 2; }

struct JwtVerifier::KeySet {
  std::vector<JwtKey> keys = {};
  VerifiedTokens verified{kMaxRemembered};
};

JwtVerifier::JwtVerifier(JwtRequirements requirements)
    : requirements_(std::move(requirements)), key_set_(std::make_shared<KeySet>()) {}

JwtVerifier::~JwtVerifier() = default;

void JwtVerifier::SetKeys(std::vector<JwtKey> keys) {
  auto key_set = std::make_shared<KeySet>();
  key_set->keys = std::move(keys);
  absl::MutexLock lock(&mutex_);
  key_set_ = std::move(key_set);
}

std::shared_ptr<JwtVerifier::KeySet> JwtVerifier::key_set() const {
  absl::MutexLock lock(&mutex_);
  return key_set_;
}

absl::StatusOr<std::string> JwtVerifier::SubjectOf(std::string_view token, absl::Time now) const {
  const std::shared_ptr<KeySet> key_set = this->key_set();
  const std::string digest = Sha256Hex(token);
  if (std::optional<std::string> subject = key_set->verified.Find(digest, now)) {
    return *std::move(subject);
  }
  ADVAE_ASSIGN_OR_RETURN(const std::string claims, SignedClaims(token, key_set->keys));
  ADVAE_ASSIGN_OR_RETURN(JwtIdentity identity, CheckClaims(claims, requirements_, now));
  std::string subject = identity.subject;
  key_set->verified.Add(digest, std::move(identity));
  return subject;
}

}  // namespace advae
