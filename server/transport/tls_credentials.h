#ifndef ADVAE_SERVER_TRANSPORT_TLS_CREDENTIALS_H_
#define ADVAE_SERVER_TRANSPORT_TLS_CREDENTIALS_H_

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "server/transport/tls_keys.h"

namespace advae {

// Credentials of a gRPC server: TLS 1.2 or later, each new connection with the keys that `keys` has
// then. `keys` and the credentials outlive the server; gRPC itself does not keep them. gRPC's own
// credentials that read files again take what is in them unchecked, and a damaged file would end
// all new connections.
std::shared_ptr<grpc::ServerCredentials> MakeTlsCredentials(const TlsKeySource& keys);

}  // namespace advae

#endif  // ADVAE_SERVER_TRANSPORT_TLS_CREDENTIALS_H_
