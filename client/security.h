#ifndef ADVAE_CLIENT_SECURITY_H_
#define ADVAE_CLIENT_SECURITY_H_

#include <grpcpp/security/credentials.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"

namespace advae {

// The files of a client's TLS, in PEM; an empty path is none.
struct TlsFiles {
  // The authorities that may have signed the server's certificate. With none, those that gRPC
  // knows.
  std::filesystem::path ca = {};
  // The client's certificate, with those between it and its authority, and its key: for mutual TLS.
  std::filesystem::path cert = {};
  std::filesystem::path key = {};
};

// Credentials for a channel with TLS 1.2 or later. kInvalidArgument when a file has nothing of PEM
// or only one of certificate and key is given, otherwise as in file_io.h.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ReadTlsCredentials(const TlsFiles& files);

// Whether a channel to `target` stays on this machine: a Unix socket, "localhost", an address of
// the loopback interface, or a list of such addresses alone.
bool IsLoopbackTarget(const std::string& target);

// The bearer token in a file, which may be replaced while the client runs. Thread-safe.
class TokenFileReader {
 public:
  // kInvalidArgument when the file's text is no token, otherwise as in file_io.h.
  static absl::StatusOr<std::shared_ptr<TokenFileReader>> Open(const std::filesystem::path& path);

  // The token. Reads the file when it has changed; one that cannot be read or has no token leaves
  // the last one.
  std::string Token() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  explicit TokenFileReader(std::filesystem::path path) : path_(std::move(path)) {}

  absl::Status Read() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether the file is another one than the one that was read.
  bool HasChanged() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::filesystem::path path_;
  absl::Mutex mutex_;
  std::string token_ ABSL_GUARDED_BY(mutex_);
  struct stat read_ ABSL_GUARDED_BY(mutex_) = {};
};

}  // namespace advae

#endif  // ADVAE_CLIENT_SECURITY_H_
