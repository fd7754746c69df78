#include "client/cli/own_server_credentials.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <memory>
#include <vector>

#include "model/base/file_io.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

namespace tls = ::grpc::experimental;

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> OwnServerCredentials(
    const TlsFiles& files) {
  ADVAE_RETURN_IF_ERROR(ReadTlsCredentials({.cert = files.cert, .key = files.key}).status());
  tls::TlsChannelCredentialsOptions options;
  options.set_verify_server_certs(false);
  options.set_check_call_host(false);
  options.set_certificate_verifier(std::make_shared<tls::NoOpCertificateVerifier>());
  if (!files.cert.empty()) {
    tls::IdentityKeyCertPair own;
    ADVAE_ASSIGN_OR_RETURN(own.private_key, ReadFile(files.key, kMaxSmallFileBytes));
    ADVAE_ASSIGN_OR_RETURN(own.certificate_chain, ReadFile(files.cert, kMaxSmallFileBytes));
    options.set_certificate_provider(
        std::make_shared<tls::StaticDataCertificateProvider>(std::vector{own}));
    options.watch_identity_key_cert_pairs();
  }
  return tls::TlsCredentials(options);
}

}  // namespace advae
