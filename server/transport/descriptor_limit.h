#ifndef ADVAE_SERVER_TRANSPORT_DESCRIPTOR_LIMIT_H_
#define ADVAE_SERVER_TRANSPORT_DESCRIPTOR_LIMIT_H_

#include <cstddef>

#include "absl/status/statusor.h"

namespace advae {

// Lets this process open as many descriptors as its hard limit allows. Returns the limit in force.
size_t RaiseDescriptorLimit();

// Connections for which a process that may open `limit` descriptors has room, at most `wanted`:
// `reserved` are kept for all else. kUnavailable when none is left.
absl::StatusOr<size_t> ConnectionsWithin(size_t limit, size_t wanted, size_t reserved);

}  // namespace advae

#endif  // ADVAE_SERVER_TRANSPORT_DESCRIPTOR_LIMIT_H_
