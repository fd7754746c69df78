#include "server/calls/caller_key.h"

#include <functional>
#include <string>

namespace advae {

uint64_t CallerKey(const grpc::ServerContextBase& context) {
  return std::hash<std::string>()(context.peer());
}

}  // namespace advae
