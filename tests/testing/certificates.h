#ifndef ADVAE_TESTS_TESTING_CERTIFICATES_H_
#define ADVAE_TESTS_TESTING_CERTIFICATES_H_

#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "absl/time/time.h"

namespace advae::testing {

// A certificate and its key, in PEM.
struct CertifiedKey {
  std::string cert;
  std::string key;
};

// Who a certificate is of.
struct CertifiedNames {
  // None when it is empty.
  std::string common_name = {};
  // What the common name is written in; one of OpenSSL's V_ASN1_... takes the bytes as they are.
  int encoding = MBSTRING_UTF8;
  // As in OpenSSL's configuration: "DNS:server.example,IP:127.0.0.1".
  std::string alternatives = {};
};

// Signs certificates. Aborts the test's process when OpenSSL fails.
class Authority {
 public:
  Authority();

  // Its own certificate, in PEM.
  const std::string& pem() const { return pem_; }

  // A certificate with this common name, which is its DNS name too, and good for 127.0.0.1.
  CertifiedKey Issue(const std::string& name, absl::Duration lifetime = absl::Hours(1)) const;
  CertifiedKey IssueTo(const CertifiedNames& names, absl::Duration lifetime = absl::Hours(1)) const;

 private:
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

  Key key_;
  Certificate certificate_;
  std::string pem_;
};

}  // namespace advae::testing

#endif  // ADVAE_TESTS_TESTING_CERTIFICATES_H_
