#ifndef ADVAE_SERVER_CALLS_CALLER_KEY_H_
#define ADVAE_SERVER_CALLS_CALLER_KEY_H_

#include <grpcpp/server_context.h>

#include <cstdint>

namespace advae {

// Tells callers apart by their connection, ADDRESS:PORT of the peer. All that comes through one
// connection of a proxy is one caller.
uint64_t CallerKey(const grpc::ServerContextBase& context);

}  // namespace advae

#endif  // ADVAE_SERVER_CALLS_CALLER_KEY_H_
