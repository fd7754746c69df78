#ifndef ADVAE_TESTS_TESTING_JWT_SIGNER_H_
#define ADVAE_TESTS_TESTING_JWT_SIGNER_H_

#include <openssl/evp.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace advae::testing {

// Signs JSON Web Tokens, by OpenSSL alone. Aborts the test's process when OpenSSL fails.
class JwtSigner {
 public:
  using Json = nlohmann::ordered_json;

  // With a new key for `algorithm`, such as "RS256", "PS256" or "ES256". The key has no "kid" when
  // `key_id` is empty.
  explicit JwtSigner(std::string algorithm, std::string key_id = "", int rsa_bits = 2048);

  // The public key as a JWK, with "kty", its numbers, and "kid".
  const Json& jwk() const { return jwk_; }
  // The public key in PEM.
  std::string pem() const;

  // A token with "alg", "kid" and these claims.
  std::string Sign(const Json& claims) const;
  // A token of these texts, whatever they are.
  std::string SignTexts(const std::string& header, const std::string& claims) const;

 private:
  std::string Signature(const std::string& text) const;

  std::string algorithm_;
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  Json jwk_;
};

std::string Base64Url(const std::string& bytes);

// The text of a JWK set.
std::string JwkSet(const std::vector<JwtSigner::Json>& keys);

}  // namespace advae::testing

#endif  // ADVAE_TESTS_TESTING_JWT_SIGNER_H_
