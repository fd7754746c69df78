#include "tests/testing/jwt_signer.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cstdlib>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace advae::testing {
namespace {

using Json = JwtSigner::Json;

void Check(bool ok) {
  if (!ok) std::abort();
}

bool IsEc(const std::string& algorithm) { return algorithm.starts_with("ES"); }

struct Curve {
  const char* name;
  int bytes;  // of a coordinate
};

Curve CurveOf(const std::string& algorithm) {
  if (algorithm == "ES256") return {"P-256", 32};
  if (algorithm == "ES384") return {"P-384", 48};
  return {"P-521", 66};
}

// A number as big-endian bytes; with 0, as many as it needs.
std::string BytesOf(const BIGNUM* number, int bytes = 0) {
  std::string text(bytes == 0 ? BN_num_bytes(number) : bytes, '\0');
  Check(BN_bn2binpad(number, reinterpret_cast<unsigned char*>(text.data()),
                     static_cast<int>(text.size())) >= 0);
  return text;
}

std::string NumberOf(const EVP_PKEY* key, const char* name, int bytes = 0) {
  BIGNUM* number = nullptr;
  Check(EVP_PKEY_get_bn_param(key, name, &number) == 1);
  const std::string text = Base64Url(BytesOf(number, bytes));
  BN_free(number);
  return text;
}

Json JwkOf(const EVP_PKEY* key, const std::string& algorithm) {
  if (!IsEc(algorithm)) {
    return {{"kty", "RSA"},
            {"n", NumberOf(key, OSSL_PKEY_PARAM_RSA_N)},
            {"e", NumberOf(key, OSSL_PKEY_PARAM_RSA_E)}};
  }
  const Curve curve = CurveOf(algorithm);
  return {{"kty", "EC"},
          {"crv", curve.name},
          {"x", NumberOf(key, OSSL_PKEY_PARAM_EC_PUB_X, curve.bytes)},
          {"y", NumberOf(key, OSSL_PKEY_PARAM_EC_PUB_Y, curve.bytes)}};
}

// OpenSSL writes the two numbers of a signature as ASN.1, JWS side by side.
std::string SideBySide(const std::string& asn1, int bytes) {
  const auto* data = reinterpret_cast<const unsigned char*>(asn1.data());
  ECDSA_SIG* const signature =
      d2i_ECDSA_SIG(nullptr, &data, static_cast<long>(asn1.size()));  // NOLINT(google-runtime-int)
  Check(signature != nullptr);
  std::string text = absl::StrCat(BytesOf(ECDSA_SIG_get0_r(signature), bytes),
                                  BytesOf(ECDSA_SIG_get0_s(signature), bytes));
  ECDSA_SIG_free(signature);
  return text;
}

}  // namespace

JwtSigner::JwtSigner(std::string algorithm, std::string key_id, int rsa_bits)
    : algorithm_(std::move(algorithm)),
      key_(IsEc(algorithm_) ? EVP_EC_gen(CurveOf(algorithm_).name) : EVP_RSA_gen(rsa_bits),
           &EVP_PKEY_free) {
  Check(key_ != nullptr);
  jwk_ = JwkOf(key_.get(), algorithm_);
  if (!key_id.empty()) jwk_["kid"] = std::move(key_id);
}

std::string JwtSigner::pem() const {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
  Check(PEM_write_bio_PUBKEY(bio.get(), key_.get()) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);  // NOLINT(google-runtime-int): OpenSSL's
  return {text, static_cast<size_t>(size)};
}

std::string JwtSigner::Sign(const Json& claims) const {
  Json header = {{"alg", algorithm_}, {"typ", "JWT"}};
  if (jwk_.contains("kid")) header["kid"] = jwk_["kid"];
  return SignTexts(header.dump(), claims.dump());
}

std::string JwtSigner::SignTexts(const std::string& header, const std::string& claims) const {
  const std::string text = absl::StrCat(Base64Url(header), ".", Base64Url(claims));
  return absl::StrCat(text, ".", Base64Url(Signature(text)));
}

std::string JwtSigner::Signature(const std::string& text) const {
  const std::string digest = absl::StrCat("SHA", algorithm_.substr(2));
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  EVP_PKEY_CTX* options = nullptr;
  Check(EVP_DigestSignInit_ex(context.get(), &options, digest.c_str(), nullptr, nullptr, key_.get(),
                              nullptr) == 1);
  if (algorithm_.starts_with("PS")) {
    Check(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1);
    Check(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1);
  }
  const auto* const data = reinterpret_cast<const unsigned char*>(text.data());
  size_t size = 0;
  Check(EVP_DigestSign(context.get(), nullptr, &size, data, text.size()) == 1);
  std::string signature(size, '\0');
  Check(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       data, text.size()) == 1);
  signature.resize(size);
  return IsEc(algorithm_) ? SideBySide(signature, CurveOf(algorithm_).bytes) : signature;
}

std::string Base64Url(const std::string& bytes) { return absl::WebSafeBase64Escape(bytes); }

std::string JwkSet(const std::vector<Json>& keys) { return Json({{"keys", keys}}).dump(); }

}  // namespace advae::testing
