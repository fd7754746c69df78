#include "server/identity/jwt_keys.h"

#include <openssl/err.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/access/strict_json.h"
#include "model/base/file_io.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kMaxFileBytes = uint64_t{1} << 20;
constexpr size_t kMaxKeys = 64;       // a token without "kid" is tried with all that fit
constexpr size_t kMinRsaBits = 2048;  // RFC 7518, section 3.3

constexpr char kRsa[] = "RSA";
constexpr char kEc[] = "EC";

constexpr JwtAlgorithm kAlgorithms[] = {
    {.name = "RS256", .key_type = kRsa},
    {.name = "RS384", .key_type = kRsa},
    {.name = "RS512", .key_type = kRsa},
    {.name = "PS256", .key_type = kRsa},
    {.name = "PS384", .key_type = kRsa},
    {.name = "PS512", .key_type = kRsa},
    // Two numbers of 32, 48 and 66 bytes.
    {.name = "ES256", .key_type = kEc, .curve = "P-256", .signature_characters = 86},
    {.name = "ES384", .key_type = kEc, .curve = "P-384", .signature_characters = 128},
    {.name = "ES512", .key_type = kEc, .curve = "P-521", .signature_characters = 176},
};

// A member that is a text, if it is there. kInvalidArgument when it is something else.
absl::StatusOr<std::optional<std::string>> TextOf(const Json& key, const char* name) {
  const auto found = key.find(name);
  if (found == key.end()) return std::nullopt;
  if (!found->is_string()) return absl::InvalidArgumentError(absl::StrCat(name, " is no text"));
  return found->get<std::string>();
}

bool MaySign(const std::optional<std::string>& use, const Json& key) {
  if (use && *use != "sig") return false;
  const auto operations = key.find("key_ops");
  return operations == key.end() ||
         std::ranges::any_of(*operations, [](const Json& one) { return one == "verify"; });
}

// The library gets nothing but what makes up the public key.
absl::StatusOr<cjose_jwk_t*> ImportPublicKey(const Json& key, bool is_rsa) {
  if (key.contains("d")) {
    return absl::InvalidArgumentError(
        "it has its private part (d), which only the issuer should have; expected public keys");
  }
  Json json = {{"kty", key["kty"]}};
  for (const char* const name : is_rsa ? std::vector{"n", "e"} : std::vector{"crv", "x", "y"}) {
    ADVAE_ASSIGN_OR_RETURN(std::optional<std::string> text, TextOf(key, name));
    if (!text || text->empty()) {
      return absl::InvalidArgumentError(absl::StrCat(name, " is missing"));
    }
    json[name] = *std::move(text);
  }
  const std::string text = json.dump();
  cjose_err error;
  cjose_jwk_t* const jwk = cjose_jwk_import(text.data(), text.size(), &error);
  ERR_clear_error();  // those of this thread's TLS connections are read from the same queue
  if (jwk == nullptr) return absl::InvalidArgumentError("it is damaged");
  if (is_rsa && cjose_jwk_get_keysize(jwk, &error) < kMinRsaBits) {
    cjose_jwk_release(jwk);
    return absl::InvalidArgumentError(
        absl::StrCat("an RSA key of less than ", kMinRsaBits, " bits is not safe"));
  }
  return jwk;
}

// Nothing for a key that the server does not use.
absl::StatusOr<std::optional<JwtKey>> KeyOf(const Json& key) {
  if (!key.is_object()) return absl::InvalidArgumentError("expected an object");
  ADVAE_ASSIGN_OR_RETURN(const std::optional<std::string> type, TextOf(key, "kty"));
  if (!type) return absl::InvalidArgumentError("kty is missing");
  ADVAE_ASSIGN_OR_RETURN(const std::optional<std::string> use, TextOf(key, "use"));
  ADVAE_ASSIGN_OR_RETURN(const std::optional<std::string> algorithm_name, TextOf(key, "alg"));
  ADVAE_ASSIGN_OR_RETURN(const std::optional<std::string> curve, TextOf(key, "crv"));
  ADVAE_ASSIGN_OR_RETURN(std::optional<std::string> id, TextOf(key, "kid"));
  const JwtAlgorithm* const algorithm =
      algorithm_name ? JwtAlgorithmNamed(*algorithm_name) : nullptr;
  const bool is_known = std::ranges::any_of(kAlgorithms, [&](const JwtAlgorithm& known) {
    return known.key_type == *type && known.curve == (*type == kEc ? curve.value_or("") : "");
  });
  if (!is_known || (algorithm_name && algorithm == nullptr) || !MaySign(use, key)) {
    return std::nullopt;
  }
  const bool is_rsa = *type == kRsa;
  ADVAE_ASSIGN_OR_RETURN(cjose_jwk_t* const jwk, ImportPublicKey(key, is_rsa));
  return JwtKey(std::move(id).value_or(""), *type, is_rsa ? "" : *curve, algorithm, jwk);
}

}  // namespace

const JwtAlgorithm* JwtAlgorithmNamed(std::string_view name) {
  const auto* const found = std::ranges::find(kAlgorithms, name, &JwtAlgorithm::name);
  return found == std::end(kAlgorithms) ? nullptr : found;
}

std::string JwtAlgorithmNames() {
  std::string names;
  for (const JwtAlgorithm& algorithm : kAlgorithms) {
    absl::StrAppend(&names, names.empty() ? "" : ", ", std::string(algorithm.name));
  }
  return names;
}

bool JwtKey::Fits(const JwtAlgorithm& algorithm) const {
  if (algorithm_ != nullptr && algorithm_->name != algorithm.name) return false;
  return algorithm.key_type == key_type_ && algorithm.curve == curve_;
}

bool JwtKey::HasSigned(cjose_jws_t& token) const {
  cjose_err error;
  const bool has_signed = cjose_jws_verify(&token, jwk_.get(), &error);
  ERR_clear_error();  // those of this thread's TLS connections are read from the same queue
  return has_signed;
}

absl::StatusOr<std::vector<JwtKey>> ParseJwtKeys(const std::filesystem::path& path,
                                                 const std::string& text) {
  const auto fail = [&path](const auto&... reason) {
    return absl::InvalidArgumentError(absl::StrCat(path.string(), reason...));
  };
  const absl::StatusOr<Json> parsed = ParseStrictJson(text);
  if (!parsed.ok()) return fail(" is no JWK set: ", parsed.status().message());
  const Json& json = *parsed;
  if (!json.is_object() || !json.contains("keys") || !json["keys"].is_array()) {
    return fail(" is no JWK set; expected {\"keys\": [...]}, as the issuer publishes it");
  }
  if (json["keys"].size() > kMaxKeys) {
    return fail(" has ", json["keys"].size(), " keys; expected at most ", kMaxKeys);
  }
  std::vector<JwtKey> keys;
  size_t number = 0;
  for (const Json& object : json["keys"]) {
    ++number;
    absl::StatusOr<std::optional<JwtKey>> key = KeyOf(object);
    if (!key.ok()) return fail(": key ", number, ": ", key.status().message());
    if (*key) keys.push_back(**std::move(key));
  }
  return keys;
}

absl::StatusOr<std::vector<JwtKey>> ReadJwtKeys(const std::filesystem::path& path) {
  ADVAE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxFileBytes));
  return ParseJwtKeys(path, text);
}

}  // namespace advae
