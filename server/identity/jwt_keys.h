#ifndef ADVAE_SERVER_IDENTITY_JWT_KEYS_H_
#define ADVAE_SERVER_IDENTITY_JWT_KEYS_H_

#include <cjose/jwk.h>
#include <cjose/jws.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace advae {

// A way to sign JSON Web Tokens with a key pair (RFC 7518), and the kind of key that it needs.
// Those with a shared secret are not among them: whoever can check such a token can also make one.
struct JwtAlgorithm {
  std::string_view name;  // "alg"
  std::string_view key_type;
  std::string_view curve = {};      // only of EC
  size_t signature_characters = 0;  // in base64url; 0: as many as the key has
};

// The algorithm of this name; null for one that is not taken, such as "none" and "HS256".
const JwtAlgorithm* JwtAlgorithmNamed(std::string_view name);
// The names of all, for messages.
std::string JwtAlgorithmNames();

// A public key of somebody who signs JSON Web Tokens. Thread-safe.
class JwtKey {
 public:
  // `jwk` is a public key of this type and curve; `algorithm` is null where it is not for one
  // alone.
  JwtKey(std::string id, std::string_view key_type, std::string_view curve,
         const JwtAlgorithm* algorithm, cjose_jwk_t* jwk)
      : id_(std::move(id)),
        key_type_(key_type),
        curve_(curve),
        algorithm_(algorithm),
        jwk_(jwk, &cjose_jwk_release) {}

  // "kid"; empty for a key without one.
  const std::string& id() const { return id_; }
  // Whether tokens of this algorithm may be signed with the key.
  bool Fits(const JwtAlgorithm& algorithm) const;
  // Whether the key, which fits, has made the signature of the token.
  bool HasSigned(cjose_jws_t& token) const;

 private:
  std::string id_;
  std::string key_type_;
  std::string curve_;
  const JwtAlgorithm* algorithm_;
  std::unique_ptr<cjose_jwk_t, decltype(&cjose_jwk_release)> jwk_;
};

// The keys in the text of a JWK set (RFC 7517, section 5), at most 64; `path` is what errors call
// it. Keys that are not for signatures, or of kinds that the server does not use, are left out.
// kInvalidArgument when it is no JWK set, or when a key that could be used is damaged, is an RSA
// key of less than 2048 bits or has its private part.
absl::StatusOr<std::vector<JwtKey>> ParseJwtKeys(const std::filesystem::path& path,
                                                 const std::string& text);

// Reads a file of at most 1 MiB. Errors as in file_io.h, and as above.
absl::StatusOr<std::vector<JwtKey>> ReadJwtKeys(const std::filesystem::path& path);

}  // namespace advae

#endif  // ADVAE_SERVER_IDENTITY_JWT_KEYS_H_
