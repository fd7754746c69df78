#ifndef ADVAE_CLIENT_CLI_OWN_SERVER_CREDENTIALS_H_
#define ADVAE_CLIENT_CLI_OWN_SERVER_CREDENTIALS_H_

#include <grpcpp/security/credentials.h>

#include <memory>

#include "absl/status/statusor.h"
#include "client/security.h"

namespace advae {

// Credentials for TLS with a server of this machine, whose certificate is not checked: it names
// the hosts that others reach it by, not the loopback address. Shows the client's certificate of
// `files`, if there is one. Not for calls that carry what others must not read. Errors as in
// ReadTlsCredentials.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> OwnServerCredentials(
    const TlsFiles& files);

}  // namespace advae

#endif  // ADVAE_CLIENT_CLI_OWN_SERVER_CREDENTIALS_H_
