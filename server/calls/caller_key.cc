#include "server/calls/caller_key.h"

#include <functional>
#include <string>

namespace advae {

uint64_t CallerKey(const Caller& caller, const grpc::ServerContextBase& context) {
  return std::hash<std::string>()(caller.name.empty() ? context.peer() : caller.name);
}

}  // namespace advae
