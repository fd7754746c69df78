#ifndef ADVAE_SERVER_IDENTITY_PORT_ROLE_H_
#define ADVAE_SERVER_IDENTITY_PORT_ROLE_H_

#include <grpcpp/server_context.h>

#include "model/access/role.h"

namespace advae {

// The role beyond which nobody may do anything at a port, whatever their grants. A gRPC server of
// one port has it as its allocator of contexts, because gRPC lets each call know that: it allocates
// nothing.
class PortRole : public grpc::ContextAllocator {
 public:
  explicit PortRole(Role highest) : highest_(highest) {}

  // Of the port at which a call came in; kAdmin where the server has none.
  static Role Of(const grpc::CallbackServerContext& context);

 private:
  const Role highest_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_IDENTITY_PORT_ROLE_H_
