#include "server/identity/port_role.h"

namespace advae {

Role PortRole::Of(const grpc::CallbackServerContext& context) {
  const auto* const port = dynamic_cast<const PortRole*>(context.context_allocator());
  return port == nullptr ? Role::kAdmin : port->highest_;
}

}  // namespace advae
