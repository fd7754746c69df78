#include "model/access/token.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <array>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "model/base/hex.h"
#include "model/base/sha256.h"

namespace advae {
namespace {

constexpr std::string_view kPrefix = "advae_";
constexpr size_t kIdBytes = 8;
constexpr size_t kSecretBytes = 32;
constexpr size_t kTokenSize = kPrefix.size() + 2 * kIdBytes + 1 + 2 * kSecretBytes;

}  // namespace

absl::StatusOr<std::string> MakeToken(Grant& grant) {
  std::array<unsigned char, kIdBytes + kSecretBytes> bytes;
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) {
    return absl::UnavailableError("the system gives no random bytes");
  }
  const std::string hex = absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  OPENSSL_cleanse(bytes.data(), bytes.size());
  grant.id = hex.substr(0, 2 * kIdBytes);
  std::string token = absl::StrCat(std::string(kPrefix), grant.id, "_", hex.substr(2 * kIdBytes));
  grant.sha256 = Sha256Hex(token);
  return token;
}

std::optional<std::string_view> TokenId(std::string_view token) {
  if (token.size() != kTokenSize || !token.starts_with(kPrefix)) return std::nullopt;
  const std::string_view id = token.substr(kPrefix.size(), 2 * kIdBytes);
  const std::string_view secret = token.substr(kTokenSize - 2 * kSecretBytes);
  if (!IsLowerHex(id) || !IsLowerHex(secret) || token[kPrefix.size() + id.size()] != '_')
    return std::nullopt;
  return id;
}

bool IsTokenOf(std::string_view token, const Grant& grant) {
  const std::string hash = Sha256Hex(token);
  return hash.size() == grant.sha256.size() &&
         CRYPTO_memcmp(hash.data(), grant.sha256.data(), hash.size()) == 0;
}

}  // namespace advae
