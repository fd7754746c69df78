#ifndef ADVAE_SERVER_CALLS_CALLER_KEY_H_
#define ADVAE_SERVER_CALLS_CALLER_KEY_H_

#include <grpcpp/server_context.h>

#include <cstdint>

#include "server/identity/access_control.h"

namespace advae {

// Tells callers apart, so that they can take turns: by name where the server asks who they are,
// otherwise by their connection, ADDRESS:PORT of the peer. Then all that comes through one
// connection of a proxy is one caller.
uint64_t CallerKey(const Caller& caller, const grpc::ServerContextBase& context);

}  // namespace advae

#endif  // ADVAE_SERVER_CALLS_CALLER_KEY_H_
