#include "server/transport/tls_keys.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
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

// Takes OpenSSL's last error, and forgets it.
std::string TakeReason() {
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason == nullptr ? "no reason is known" : reason;
}

// All certificates of a file, at least one, whose text becomes `text`.
absl::StatusOr<std::vector<Certificate>> ReadCertificates(const std::filesystem::path& path,
                                                          std::string& text) {
  ADVAE_ASSIGN_OR_RETURN(text, ReadFile(path, kMaxSmallFileBytes));
  const Bio bio = BioOf(text);
  std::vector<Certificate> certificates;
  for (;;) {
    Certificate next(PEM_read_bio_X509(bio.get(), nullptr, NoPassword, nullptr), &X509_free);
    if (next == nullptr) break;
    certificates.push_back(std::move(next));
  }
  const bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string reason = TakeReason();
  if (is_end && !certificates.empty()) return certificates;
  if (is_end) {
    return absl::InvalidArgumentError(absl::StrCat(
        path.string(), " has no certificate in PEM; expected -----BEGIN CERTIFICATE-----"));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      path.string(), ": certificate ", certificates.size() + 1, " is damaged (", reason, ")"));
}

// Whether OpenSSL takes a server's chain and key, as gRPC and HTTP are to do later.
absl::Status CheckUsable(const std::vector<Certificate>& chain, EVP_PKEY& key,
                         const std::filesystem::path& path) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_server_method()),
                                                                  &SSL_CTX_free);
  bool is_usable = context != nullptr &&
                   SSL_CTX_use_certificate(context.get(), chain.front().get()) == 1 &&
                   SSL_CTX_use_PrivateKey(context.get(), &key) == 1;
  for (size_t i = 1; is_usable && i < chain.size(); ++i) {
    is_usable = SSL_CTX_add1_chain_cert(context.get(), chain[i].get()) == 1;
  }
  if (is_usable) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(path.string(), " has a certificate that OpenSSL refuses: ", TakeReason()));
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
  ADVAE_ASSIGN_OR_RETURN(const std::vector<Certificate> chain,
                         ReadCertificates(files.cert, keys.cert));
  keys.expires = EndOf(*chain.front());
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
  if (X509_check_private_key(chain.front().get(), key.get()) != 1) {
    ERR_clear_error();
    return absl::InvalidArgumentError(absl::StrCat("the key in ", files.key.string(),
                                                   " is not that of the first certificate in ",
                                                   files.cert.string()));
  }
  ADVAE_RETURN_IF_ERROR(CheckUsable(chain, *key, files.cert));
  if (!files.client_ca.empty()) {
    ADVAE_RETURN_IF_ERROR(ReadCertificates(files.client_ca, keys.client_ca).status());
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
