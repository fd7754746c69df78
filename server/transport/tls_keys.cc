#include "server/transport/tls_keys.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <array>
#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/base/file_io.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Bio BioOf(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free};
}

// Instead of asking for a password on the terminal.
int NoPassword(char* /*buffer*/, int /*size*/, int /*writes*/, void* /*user*/) { return 0; }

// The first certificate in a text; null when there is none.
Certificate FirstCertificate(const std::string& text) {
  const Bio bio = BioOf(text);
  Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, NoPassword, nullptr), &X509_free);
  ERR_clear_error();
  return certificate;
}

absl::StatusOr<Certificate> ReadCertificate(const std::filesystem::path& path, std::string& text) {
  ADVAE_ASSIGN_OR_RETURN(text, ReadFile(path, kMaxSmallFileBytes));
  Certificate certificate = FirstCertificate(text);
  if (certificate != nullptr) return certificate;
  return absl::InvalidArgumentError(absl::StrCat(
      path.string(), " has no certificate in PEM; expected -----BEGIN CERTIFICATE-----"));
}

absl::Time EndOf(const X509& certificate) {
  std::tm end = {};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &end) != 1) return absl::InfiniteFuture();
  return absl::FromTM(end, absl::UTCTimeZone());
}

// An entry of a certificate's subject or of its alternative names, in UTF-8 whatever it is written
// in; nothing when it is damaged.
std::string TextOf(const ASN1_STRING& text) {
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, &text);
  if (size < 0) {
    ERR_clear_error();
    return "";
  }
  std::string result(reinterpret_cast<const char*>(utf8), static_cast<size_t>(size));
  OPENSSL_free(utf8);
  return result;
}

// An address among the alternative names, as "10.0.0.1" or "fd00::1".
std::string AddressOf(const ASN1_OCTET_STRING& address) {
  const int size = ASN1_STRING_length(&address);
  if (size != sizeof(in_addr) && size != sizeof(in6_addr)) return "";
  std::array<char, INET6_ADDRSTRLEN> text = {};
  inet_ntop(size == sizeof(in_addr) ? AF_INET : AF_INET6, ASN1_STRING_get0_data(&address),
            text.data(), text.size());
  return text.data();
}

}  // namespace

absl::StatusOr<TlsKeys> ReadTlsKeys(const TlsFiles& files) {
  TlsKeys keys;
  ADVAE_ASSIGN_OR_RETURN(const Certificate certificate, ReadCertificate(files.cert, keys.cert));
  keys.expires = EndOf(*certificate);
  ADVAE_ASSIGN_OR_RETURN(keys.key, ReadFile(files.key, kMaxSmallFileBytes));
  const Bio bio = BioOf(keys.key);
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, nullptr), &EVP_PKEY_free);
  ERR_clear_error();
  if (key == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(files.key.string(),
                     " has no private key in PEM, or one with a password; expected -----BEGIN "
                     "PRIVATE KEY-----"));
  }
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    ERR_clear_error();
    return absl::InvalidArgumentError(absl::StrCat("the key in ", files.key.string(),
                                                   " is not that of the first certificate in ",
                                                   files.cert.string()));
  }
  if (!files.client_ca.empty()) {
    ADVAE_RETURN_IF_ERROR(ReadCertificate(files.client_ca, keys.client_ca).status());
  }
  return keys;
}

std::vector<std::string> NamesIn(const X509& certificate) {
  std::vector<std::string> names;
  const X509_NAME* const subject = X509_get_subject_name(&certificate);
  if (const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1); at >= 0) {
    names.push_back(TextOf(*X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
  }
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> others(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  for (int i = 0; others != nullptr && i < sk_GENERAL_NAME_num(others.get()); ++i) {
    const GENERAL_NAME& name = *sk_GENERAL_NAME_value(others.get(), i);
    if (name.type == GEN_DNS || name.type == GEN_EMAIL || name.type == GEN_URI) {
      names.push_back(TextOf(*name.d.ia5));
    } else if (name.type == GEN_IPADD) {
      names.push_back(AddressOf(*name.d.iPAddress));
    }
  }
  std::erase(names, "");
  return names;
}

absl::StatusOr<std::unique_ptr<TlsKeySource>> TlsKeySource::Open(const TlsFiles& files) {
  std::unique_ptr<TlsKeySource> source(new TlsKeySource(files));
  ADVAE_RETURN_IF_ERROR(source->Reload());
  return source;
}

std::shared_ptr<const TlsKeys> TlsKeySource::keys() const {
  absl::MutexLock lock(&mutex_);
  return keys_;
}

absl::Status TlsKeySource::Reload() {
  ADVAE_ASSIGN_OR_RETURN(TlsKeys keys, ReadTlsKeys(files_));
  auto read = std::make_shared<const TlsKeys>(std::move(keys));
  absl::MutexLock lock(&mutex_);
  keys_ = std::move(read);
  return absl::OkStatus();
}

}  // namespace advae
