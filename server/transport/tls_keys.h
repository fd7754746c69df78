#ifndef ADVAE_SERVER_TRANSPORT_TLS_KEYS_H_
#define ADVAE_SERVER_TRANSPORT_TLS_KEYS_H_

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

struct x509_st;
using X509 = x509_st;  // OpenSSL's

namespace advae {

// The files of a server's TLS, in PEM; an empty path is none.
struct TlsFiles {
  // The server's certificate, followed by those between it and its authority, and its key.
  std::filesystem::path cert = {};
  std::filesystem::path key = {};
  // The authorities of the clients' certificates. When it is given, a client must have one.
  std::filesystem::path client_ca = {};

  bool enabled() const { return !cert.empty(); }
};

// What the files have, checked: the texts in PEM.
struct TlsKeys {
  std::string cert = {};
  std::string key = {};
  std::string client_ca = {};
  // When the first certificate of the chain, the server's own, ends.
  absl::Time expires = absl::InfiniteFuture();
};

// kInvalidArgument when a file is not what it should be, a certificate of it damaged, or the key
// not that of the first certificate; otherwise as in file_io.h.
absl::StatusOr<TlsKeys> ReadTlsKeys(const TlsFiles& files);

// The common name and the alternative names (DNS names, mail addresses, URIs, IP addresses) in a
// certificate, in UTF-8 and as gRPC tells them, so that a client is the same over HTTP.
std::vector<std::string> NamesIn(const X509& certificate);

// The keys that new connections are to use, while files change. Thread-safe.
class TlsKeySource {
 public:
  // Errors as in ReadTlsKeys.
  static absl::StatusOr<std::unique_ptr<TlsKeySource>> Open(const TlsFiles& files);

  std::shared_ptr<const TlsKeys> keys() const ABSL_LOCKS_EXCLUDED(mutex_);
  bool asks_for_client_certificates() const { return !files_.client_ca.empty(); }

  // Reads the files again. Keeps the keys when that fails; errors as in ReadTlsKeys.
  absl::Status Reload() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  explicit TlsKeySource(TlsFiles files) : files_(std::move(files)) {}

  const TlsFiles files_;
  mutable absl::Mutex mutex_;
  std::shared_ptr<const TlsKeys> keys_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace advae

#endif  // ADVAE_SERVER_TRANSPORT_TLS_KEYS_H_
