#include "tests/testing/certificates.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace advae::testing {
namespace {

void Check(bool ok) {
  if (!ok) std::abort();
}

template <typename Write>
std::string PemOf(Write write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
  Check(write(bio.get()) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);  // NOLINT(google-runtime-int): OpenSSL's
  return {text, static_cast<size_t>(size)};
}

// A certificate of `key` that nobody has signed.
X509* NewCertificate(EVP_PKEY* key, const CertifiedNames& names, absl::Duration lifetime) {
  X509* const certificate = X509_new();
  Check(X509_set_version(certificate, X509_VERSION_3) == 1);
  uint64_t serial = 0;
  Check(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof(serial)) == 1);
  Check(ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) == 1);
  const auto seconds = absl::ToInt64Seconds(lifetime);
  Check(X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) != nullptr);
  Check(X509_gmtime_adj(X509_getm_notAfter(certificate), seconds) != nullptr);
  Check(X509_set_pubkey(certificate, key) == 1);
  const std::string& name = names.common_name;
  Check(name.empty() || X509_NAME_add_entry_by_NID(
                            X509_get_subject_name(certificate), NID_commonName, names.encoding,
                            reinterpret_cast<const unsigned char*>(name.data()),
                            static_cast<int>(name.size()), -1, 0) == 1);
  return certificate;
}

void AddExtension(X509& certificate, int kind, const std::string& value) {
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()), &X509_EXTENSION_free);
  Check(extension != nullptr && X509_add_ext(&certificate, extension.get(), -1) == 1);
}

}  // namespace

Authority::Authority()
    : key_(EVP_EC_gen("P-256"), &EVP_PKEY_free),
      certificate_(NewCertificate(key_.get(), {.common_name = "Test authority"}, absl::Hours(1)),
                   &X509_free) {
  AddExtension(*certificate_, NID_basic_constraints, "critical,CA:TRUE");
  Check(X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get())) == 1);
  Check(X509_sign(certificate_.get(), key_.get(), EVP_sha256()) > 0);
  pem_ = PemOf([this](BIO* bio) { return PEM_write_bio_X509(bio, certificate_.get()); });
}

CertifiedKey Authority::Issue(const std::string& name, absl::Duration lifetime) const {
  return IssueTo({.common_name = name, .alternatives = absl::StrCat("DNS:", name, ",IP:127.0.0.1")},
                 lifetime);
}

CertifiedKey Authority::IssueTo(const CertifiedNames& names, absl::Duration lifetime) const {
  const Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  const Certificate certificate(NewCertificate(key.get(), names, lifetime), &X509_free);
  if (!names.alternatives.empty()) {
    AddExtension(*certificate, NID_subject_alt_name, names.alternatives);
  }
  Check(X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.get())) == 1);
  Check(X509_sign(certificate.get(), key_.get(), EVP_sha256()) > 0);
  return {.cert = PemOf([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); }),
          .key = PemOf([&](BIO* bio) {
            return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

}  // namespace advae::testing
