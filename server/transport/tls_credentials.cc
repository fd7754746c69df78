#include "server/transport/tls_credentials.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace advae {
namespace {

class TlsCredentials final : public grpc::ServerCredentials {
 public:
  explicit TlsCredentials(const TlsKeySource& keys)
      : keys_(keys),
        credentials_(grpc_ssl_server_credentials_create_with_options(
            grpc_ssl_server_credentials_create_options_using_config_fetcher(
                keys.asks_for_client_certificates()
                    ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                    : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE,
                &TlsCredentials::Fetch, this))) {}
  ~TlsCredentials() override { grpc_server_credentials_release(credentials_); }

  // Who calls is checked with each call, whatever the connection.
  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>& /*processor*/) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  // Asked by gRPC before each handshake.
  static grpc_ssl_certificate_config_reload_status Fetch(
      void* self, grpc_ssl_server_certificate_config** config) {
    return static_cast<TlsCredentials*>(self)->FetchKeys(config);
  }
  grpc_ssl_certificate_config_reload_status FetchKeys(grpc_ssl_server_certificate_config** config)
      ABSL_LOCKS_EXCLUDED(mutex_) {
    const std::shared_ptr<const TlsKeys> keys = keys_.keys();
    absl::MutexLock lock(&mutex_);
    if (keys == fetched_) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    const grpc_ssl_pem_key_cert_pair pair = {.private_key = keys->key.c_str(),
                                             .cert_chain = keys->cert.c_str()};
    // gRPC 1.51 insists on authorities, also where no client is asked for a certificate and they
    // are for nothing.
    const std::string& authorities = keys->client_ca.empty() ? keys->cert : keys->client_ca;
    *config = grpc_ssl_server_certificate_config_create(authorities.c_str(), &pair, 1);
    fetched_ = keys;
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  const TlsKeySource& keys_;
  absl::Mutex mutex_;
  std::shared_ptr<const TlsKeys> fetched_ ABSL_GUARDED_BY(mutex_);  // what gRPC has
  grpc_server_credentials* const credentials_;                      // last: it may fetch at once
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> MakeTlsCredentials(const TlsKeySource& keys) {
  return std::make_shared<TlsCredentials>(keys);
}

}  // namespace advae
